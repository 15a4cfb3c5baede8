-- Posts the bodies of a file, one a line, in turn, and ends with the figures as one line of JSON.
local requests = {}
local turn = 0

function init(args)
  for body in io.lines(args[1]) do
    requests[#requests + 1] = wrk.format("POST", "/assess", {["Content-Type"] = "application/json"}, body)
  end
end

function request()
  turn = turn % #requests + 1
  return requests[turn]
end

function done(summary, latency, _)
  local errors = summary.errors
  io.write(string.format(
    'FIGURES {"requests": %d, "microseconds": %d, "bytes": %d, "bad_status": %d, "broken": %d, "p50": %d, "p99": %d}\n',
    summary.requests, summary.duration, summary.bytes, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end

// The complete conversation; not executed by our tests: swift conversation.swift [address of the service]
import Foundation
struct Item: Decodable { let id: String, kind: String? }
struct Group: Decodable { let items: [Item] }
struct Interview: Decodable { let should_stop: Bool, groups: [Group] }
struct Triage: Decodable { let level: String, advice: String }
struct Assessment: Decodable { let triage: Triage, interview: Interview }
let address = CommandLine.arguments.dropFirst().first ?? "http://127.0.0.1:8000"
let yes: Set = ["cramp_on_hills", "hills_new_or_increased"] // in an app: what the runner ticked
var findings: [String: Any] = ["calf_cramp": true], notKnown: [String] = []

@MainActor func assess() async throws -> Assessment {
    var request = URLRequest(url: URL(string: address + "/assess")!)
    request.httpMethod = "POST"
    request.setValue("application/json", forHTTPHeaderField: "Content-Type")
    let report: [String: Any] = ["findings": findings, "not_known": notKnown]
    request.httpBody = try JSONSerialization.data(withJSONObject: report)
    let (body, response) = try await URLSession.shared.data(for: request)
    guard (response as? HTTPURLResponse)?.statusCode == 200 else { throw URLError(.badServerResponse) }
    return try JSONDecoder().decode(Assessment.self, from: body)
}
var assessment = try await assess()
while !assessment.interview.should_stop {
    for item in assessment.interview.groups.flatMap(\.items) { // a yes to one with `send_at_once` is sent at once
        let isYesNo = (item.kind ?? "boolean") == "boolean"
        if isYesNo { findings[item.id] = yes.contains(item.id) } else { notKnown.append(item.id) }
    }
    assessment = try await assess()
}
print("\(assessment.triage.level): \(assessment.triage.advice)")

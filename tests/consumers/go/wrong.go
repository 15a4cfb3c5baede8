// A misspelt red flag that the compiler must reject.
package main

import triage "triage.test/client"

func main() {
	findings := triage.NewFindingsById()
	findings.SetSwellingOneLegs(true)
}

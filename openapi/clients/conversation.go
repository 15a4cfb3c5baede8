package main // The complete conversation: go run conversation.go http://127.0.0.1:8000
import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
)
func main() {
	yes := map[string]bool{"cramp_on_hills": true, "hills_new_or_increased": true} // what the runner ticked
	findings, notKnown := map[string]any{"calf_cramp": true}, []string{}
	var last struct{ Triage, Interview map[string]json.RawMessage }
	for string(last.Interview["should_stop"]) != "true" {
		var groups []struct{ Items []struct{ ID, Kind string } }
		json.Unmarshal(last.Interview["groups"], &groups)
		for _, group := range groups {
			for _, item := range group.Items { // a yes to an item with `send_at_once` is sent at once
				if findings[item.ID] = yes[item.ID]; item.Kind != "" && item.Kind != "boolean" {
					findings[item.ID], notKnown = nil, append(notKnown, item.ID) // or the choice, the number
				}
			}
		}
		body, _ := json.Marshal(map[string]any{"findings": findings, "not_known": notKnown})
		response, err := http.Post(os.Args[1]+"/assess", "application/json", bytes.NewReader(body))
		if err != nil || response.StatusCode != 200 || json.NewDecoder(response.Body).Decode(&last) != nil {
			panic("no assessment: show your own advice on emergencies")
		}
	}
	fmt.Printf("%s: %s\n", bytes.Trim(last.Triage["level"], `"`), bytes.Trim(last.Triage["advice"], `"`))
}

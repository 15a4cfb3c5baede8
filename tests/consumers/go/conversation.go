// A fitness app's back end: the conversation, a batch and two mistakes, with generated types only.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"

	triage "triage.test/client"
)

type app struct {
	api      *triage.TriageAPIService
	findings map[string]interface{}
	notKnown []string
}

var isTrue = []string{"cramp_on_hills", "hills_new_or_increased"}

func check(claim bool, otherwise string) {
	if !claim {
		panic(otherwise)
	}
}

func (a *app) request(findings map[string]interface{}) triage.AssessmentRequest {
	runner := triage.NewRunner()
	runner.SetAgeYears(34)
	runner.SetCountry("US")
	request := triage.NewAssessmentRequest()
	request.SetRunner(*runner)
	request.SetFindings(findings)
	request.SetNotKnown(a.notKnown)
	return *request
}

func (a *app) ask() *triage.Assessment {
	request := a.request(a.findings)
	assessment, _, err := a.api.Assess(context.Background()).AssessmentRequest(request).Execute()
	check(err == nil, fmt.Sprint(err))
	check(int(assessment.Received.Findings) == len(a.findings), "a finding was lost on the way")
	check(int(assessment.Received.NotKnown) == len(a.notKnown), "an id was lost on the way")
	return assessment
}

func (a *app) answer(group triage.Group) {
	for _, item := range group.Items {
		if group.Kind == triage.GROUPKIND_CHECKLIST || item.GetKind() == triage.ITEMKIND_BOOLEAN {
			a.findings[item.Id] = slices.Contains(isTrue, item.Id)
		} else {
			a.notKnown = append(a.notKnown, item.Id)
		}
	}
}

func (a *app) batch() []int32 {
	good := a.request(map[string]interface{}{"calf_cramp": true})
	misspelt := a.request(map[string]interface{}{"calf_cramps": true})
	requests := []*triage.AssessmentRequest{&good, &misspelt, &good}
	items, _, err := a.api.AssessBatch(context.Background()).AssessmentRequest(requests).Execute()
	check(err == nil, fmt.Sprint(err))
	statuses := []int32{}
	for _, item := range items {
		statuses = append(statuses, item.Status)
		check((item.Status == 200) == (item.Assessment != nil), "an assessment comes with 200")
		check((item.Status == 200) == (item.Problem == nil), "a problem comes with another status")
	}
	return statuses
}

func (a *app) misspelt() string {
	request := a.request(map[string]interface{}{"calf_cramp": true, "swelling_one_legs": true})
	_, _, err := a.api.Assess(context.Background()).AssessmentRequest(request).Execute()
	if rejected, ok := err.(*triage.GenericOpenAPIError); ok {
		return rejected.Model().(triage.Problem).Errors[0].GetNearest()
	}
	return "accepted"
}

func main() {
	configuration := triage.NewConfiguration()
	configuration.Servers = triage.ServerConfigurations{{URL: os.Args[1]}}
	a := &app{
		api:      triage.NewAPIClient(configuration).TriageAPI,
		findings: map[string]interface{}{"calf_cramp": true},
		notKnown: []string{},
	}
	first := a.ask()
	last, calls := first, 1
	for ; !last.Interview.ShouldStop && calls < 6; calls++ {
		for _, group := range last.Interview.Groups {
			a.answer(group)
		}
		last = a.ask()
	}
	var level triage.Level
	check(json.Unmarshal([]byte(`"emergency_video"`), &level) == nil, "a new level is an error")
	report, _ := json.Marshal(map[string]interface{}{
		"first": first.Triage.Level, "calls": calls, "last": last.Triage.Level, "fixes": len(last.Fixes) > 0,
		"batch": a.batch(), "misspelt": a.misspelt(), "unknown_level": level,
	})
	fmt.Println(string(report))
}

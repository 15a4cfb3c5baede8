import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.openapitools.client.ApiClient;
import org.openapitools.client.ApiException;
import org.openapitools.client.api.TriageApi;
import org.openapitools.client.model.Assessment;
import org.openapitools.client.model.AssessmentRequest;
import org.openapitools.client.model.BatchItem;
import org.openapitools.client.model.Group;
import org.openapitools.client.model.GroupKind;
import org.openapitools.client.model.Item;
import org.openapitools.client.model.ItemKind;
import org.openapitools.client.model.Level;
import org.openapitools.client.model.Problem;
import org.openapitools.client.model.Runner;

/** A fitness app's back end: the conversation, a batch and two mistakes, with generated types only. */
public final class Conversation {
  private static final ObjectMapper JSON = ApiClient.createDefaultObjectMapper();
  private static final List<String> TRUE = List.of("cramp_on_hills", "hills_new_or_increased");

  private final TriageApi api;
  private final Map<String, Object> findings = new LinkedHashMap<>(Map.of("calf_cramp", true));
  private final List<String> notKnown = new ArrayList<>();

  private Conversation(String address) {
    ApiClient client = new ApiClient();
    client.updateBaseUri(address);
    api = new TriageApi(client);
  }

  public static void main(String[] arguments) throws Exception {
    Conversation app = new Conversation(arguments[0]);
    Map<String, Object> report = new LinkedHashMap<>();
    Assessment first = app.ask();
    report.put("first", first.getTriage().getLevel().getValue());
    int calls = 1;
    Assessment last = first;
    for (; !last.getInterview().getShouldStop() && calls < 6; calls++) {
      last.getInterview().getGroups().forEach(app::answer);
      last = app.ask();
    }
    report.put("calls", calls);
    report.put("last", last.getTriage().getLevel().getValue());
    report.put("fixes", !last.getFixes().isEmpty());
    report.put("batch", app.batch());
    report.put("misspelt", app.misspelt());
    report.put("unknown_level", Level.fromValue("emergency_video").getValue());
    System.out.println(JSON.writeValueAsString(report));
  }

  private Assessment ask() throws ApiException {
    Assessment assessment = api.assess(request(findings), null, null);
    check(assessment.getReceived().getFindings() == findings.size(), "a finding was lost on the way");
    check(assessment.getReceived().getNotKnown() == notKnown.size(), "an id was lost on the way");
    return assessment;
  }

  private AssessmentRequest request(Map<String, Object> findings) {
    return new AssessmentRequest()
        .runner(new Runner().ageYears(34).country("US"))
        .findings(findings)
        .notKnown(notKnown);
  }

  private void answer(Group group) {
    for (Item item : group.getItems()) {
      if (group.getKind() == GroupKind.CHECKLIST || item.getKind() == ItemKind.BOOLEAN) {
        findings.put(item.getId(), TRUE.contains(item.getId()));
      } else {
        notKnown.add(item.getId());
      }
    }
  }

  private List<Integer> batch() throws ApiException {
    List<Integer> statuses = new ArrayList<>();
    AssessmentRequest good = request(Map.of("calf_cramp", true));
    for (BatchItem item : api.assessBatch(List.of(good, request(Map.of("calf_cramps", true)), good), null, null)) {
      statuses.add(item.getStatus());
      check((item.getStatus() == 200) == (item.getAssessment() != null), "an assessment comes with 200");
      check((item.getStatus() == 200) == (item.getProblem() == null), "a problem comes with another status");
    }
    return statuses;
  }

  private String misspelt() throws Exception {
    try {
      api.assess(request(Map.of("calf_cramp", true, "swelling_one_legs", true)), null, null);
    } catch (ApiException rejected) {
      return JSON.readValue(rejected.getResponseBody(), Problem.class).getErrors().get(0).getNearest();
    }
    return "accepted";
  }

  private static void check(boolean claim, String otherwise) {
    if (!claim) {
      throw new IllegalStateException(otherwise);
    }
  }
}

import org.openapitools.client.model.FindingsById;

/** A misspelt red flag that the compiler must reject. */
final class Wrong {
  FindingsById findings = new FindingsById().calfCramp(true).swellingOneLegs(true);
}

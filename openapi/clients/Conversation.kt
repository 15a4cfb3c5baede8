// The complete conversation with kotlinx-serialization-json: ConversationKt [address of the service]
import java.net.HttpURLConnection
import java.net.URI
import kotlinx.serialization.json.*

val yes = setOf("cramp_on_hills", "hills_new_or_increased") // in an app: what the runner ticked
val findings = mutableMapOf("calf_cramp" to true)
val notKnown = mutableListOf<String>()

fun assess(address: String): JsonObject = with(URI("$address/assess").toURL().openConnection() as HttpURLConnection) {
    doOutput = true // makes it a POST
    setRequestProperty("Content-Type", "application/json")
    val (answers, ids) = Json.encodeToJsonElement(findings) to Json.encodeToJsonElement(notKnown)
    val report = JsonObject(mapOf("findings" to answers, "not_known" to ids))
    outputStream.use { it.write(report.toString().toByteArray()) }
    Json.parseToJsonElement(inputStream.reader().readText()).jsonObject // throws unless 200
}

fun main(args: Array<String>) {
    do {
        val (triage, interview) = assess(args[0]).let { listOf(it["triage"], it["interview"]) }.map { it!!.jsonObject }
        for (group in interview["groups"]!!.jsonArray) for (item in group.jsonObject["items"]!!.jsonArray) {
            val (id, kind) = listOf("id", "kind").map { item.jsonObject[it]?.jsonPrimitive?.content ?: "boolean" }
            if (kind == "boolean") findings[id] = id in yes // a yes to an item with `send_at_once` is sent at once
            else notKnown += id // in an app: the choice or the number goes into findings
        }
        val stop = interview["should_stop"]!!.jsonPrimitive.boolean
        if (stop) println("${triage["level"]!!.jsonPrimitive.content}: ${triage["advice"]!!.jsonPrimitive.content}")
    } while (!stop)
}

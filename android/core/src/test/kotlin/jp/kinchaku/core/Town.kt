package jp.kinchaku.core

import java.io.File
import java.io.IOException
import java.nio.file.Files
import java.nio.file.Path

/** A counter of the town. */
data class Counter(val shop: String, val sheet: String)

/** A running town: the real server, in a program of its own that dies with this process. */
class Town private constructor() {
    private val process: Process
    private val answers: java.io.BufferedReader

    val address: String
    val muni: Long
    val roots: List<ByteArray>
    val bakery: Counter
    val greengrocer: Counter

    init {
        val bin = File(System.getProperty("kinchaku.bin"))
        val builder = ProcessBuilder(File(bin, "examples/town").path).redirectError(ProcessBuilder.Redirect.INHERIT)
        builder.environment()["KINCHAKU_TEST_BIN"] = bin.path
        builder.environment().remove("KINCHAKU_FAULT")
        process = builder.start()
        answers = process.inputStream.bufferedReader()
        val told = ask("town")
        address = told.text("address")
        muni = told.number("muni")
        roots = Regex("[0-9a-f]{66}").findAll(told).map { it.value.hex() }.toList()
        bakery = counter(told, "bakery")
        greengrocer = counter(told, "greengrocer")
    }

    private fun counter(told: String, name: String): Counter {
        val part = told.substringAfter("\"$name\":")
        return Counter(part.text("shop"), part.text("sheet"))
    }

    /** What a line of the town program answers. */
    @Synchronized
    fun ask(what: String, vararg more: Pair<String, Any>): String {
        val fields = more.joinToString("") { (name, value) -> ",\"$name\":" + if (value is Long) "$value" else "\"$value\"" }
        process.outputStream.write("{\"do\":\"$what\"$fields}\n".toByteArray())
        process.outputStream.flush()
        return answers.readLine() ?: throw IOException("the town has ended")
    }

    /** An invitation for a resident who has 12,000 of coin, 3,000 of points and 5,000 of vouchers. */
    fun resident(): Invitation {
        val invited = ask("invite")
        ask("credit", "account" to invited.number("account"))
        return Invitation(address, muni, invited.text("code"))
    }

    fun clerk(counter: Counter) = Invitation(address, muni, ask("invite", "shop" to counter.shop).text("code"))

    fun owed(counter: Counter) = ask("owed", "shop" to counter.shop).number("sum")

    /** The server starts again: what it counts against crowds begins anew. */
    fun rest() {
        ask("stop")
        ask("start")
    }

    fun photograph(counter: Counter): ByteArray {
        val file = Files.createTempFile("sheet", ".png")
        try {
            ask("sheet", "payload" to counter.sheet, "out" to file)
            return Files.readAllBytes(file)
        } finally {
            Files.delete(file)
        }
    }

    companion object {
        /** One for all tests of this process. */
        val shared: Town by lazy { Town() }

        /** What a resident of [resident] has. */
        const val PURSE = 20_000L
    }
}

fun String.text(name: String) = Regex("\"$name\":\"([^\"]*)\"").find(this)?.groupValues?.get(1) ?: error("no $name in $this")

fun String.number(name: String) = Regex("\"$name\":(-?[0-9]+)").find(this)?.groupValues?.get(1)?.toLong() ?: error("no $name in $this")

fun String.hex() = chunked(2).map { it.toInt(16).toByte() }.toByteArray()

fun ByteArray.hex() = joinToString("") { "%02x".format(it) }

/** A folder that is gone when the test is over. */
inline fun <T> inFolder(test: (Path) -> T): T {
    val folder = Files.createTempDirectory("kinchaku")
    try {
        return test(folder)
    } finally {
        folder.toFile().deleteRecursively()
    }
}

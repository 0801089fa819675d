package jp.kinchaku.core

import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Tag
import org.junit.jupiter.api.Test

/** What the bindings cost: a call from Kotlin ÷ the same call in Rust, for the ten calls that a screen makes most. */
@Tag("bench")
class MeasureTest {
    private val times = 200

    private inline fun each(call: () -> Unit): Long {
        repeat(times) { call() }
        return List(9) {
            val started = System.nanoTime()
            repeat(times) { call() }
            (System.nanoTime() - started) / times
        }.sorted()[4]
    }

    @Test
    fun `measure`(): Unit = inFolder { folder ->
        val town = Town.shared
        runBlocking {
            val wallet = Phone(folder).resident()
            val sheet = town.bakery.sheet
            val shop = wallet.readShop(sheet)
            val quote = wallet.quote(shop, 120, Choice.Automatic(points = false))
            val paid = wallet.pays(town.bakery, 300)
            val kotlin = linkedMapOf(
                "role" to each { wallet.role() },
                "balance" to each { wallet.balance() },
                "history" to each { wallet.history() },
                "pinStatus" to each { wallet.pinStatus() },
                "recognise" to each { recognise(sheet) },
                "amountOf" to each { amountOf("１，２００円") },
                "readShop" to each { wallet.readShop(sheet).close() },
                "quote" to each { wallet.quote(shop, 120, Choice.Automatic(points = false)).close() },
                "prepare" to each { wallet.prepare(quote, true).use { it.giveUp() } },
                "receipt" to each { wallet.receipt(paid.reference) },
            )
            val rust = town.ask("measure", "times" to times.toLong())
            println("== a call through the bindings ÷ the same call in Rust (medians of 9 rounds of $times)")
            for ((name, cost) in kotlin) {
                val floor = rust.number(name)
                println("B1 %-10s %9.1f µs ÷ %8.1f µs = %7.2f".format(name, cost / 1e3, floor / 1e3, cost.toDouble() / floor))
            }
            wallet.closeWallet()
        }
    }
}

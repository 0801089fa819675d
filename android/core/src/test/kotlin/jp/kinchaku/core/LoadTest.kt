package jp.kinchaku.core

import java.io.File
import kotlin.test.assertEquals
import kotlin.test.assertTrue
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import org.junit.jupiter.api.Test

/** Many calls: at once, and one after the other. */
class LoadTest {
    private val town = Town.shared

    @Test
    fun `two hundred calls at once`(): Unit = inFolder { folder ->
        town.rest()
        runBlocking {
            Phone(folder).resident().closing { wallet ->
                val shop = wallet.readShop(town.bakery.sheet)
                val answers = withContext(Dispatchers.Default) {
                    (0 until 200).map { number ->
                        async {
                            when (number % 8) {
                                0 -> wallet.balance().classes.size
                                1 -> wallet.history().payments.size
                                2 -> wallet.pinStatus().triesLeft
                                3 -> wallet.readShop(town.bakery.sheet).use { it.view().name.length }
                                4 -> wallet.quote(shop, 100L + number, Choice.Automatic(points = false)).use { 1 }
                                5 -> wallet.role()?.ordinal ?: -1
                                6 -> wallet.receipt("0".repeat(32))?.total?.toInt() ?: 0
                                else -> try {
                                    wallet.quote(shop, 100L + number, Choice.Automatic(points = false)).use { quote ->
                                        wallet.prepare(quote, true).use { it.confirm(pin()).total.toInt() }
                                    }
                                } catch (_: PayException.Outdated) {
                                    // One payment at a time: the next one takes the last one's place.
                                    0
                                }
                            }
                        }
                    }.awaitAll()
                }
                assertEquals(200, answers.size)
                // However they crossed, what was paid and what is left are the purse.
                val paid = wallet.history().payments.filter { it.state == PaymentState.SIGNED }
                assertTrue(paid.isNotEmpty())
                assertEquals(answers.filterIndexed { number, _ -> number % 8 == 7 }.sum().toLong(), paid.sumOf { it.total })
                assertEquals(Town.PURSE, wallet.usable() + paid.sumOf { it.total })
                wallet.sync(true)
                assertTrue(wallet.history().payments.none { it.state == PaymentState.REJECTED })
            }
        }
    }

    /** Ten thousand calls that make and close objects: what the process has does not grow with their number. */
    @Test
    fun `objects are freed`(): Unit = inFolder { folder ->
        town.rest()
        runBlocking {
            Phone(folder).resident().closing { wallet ->
                suspend fun calls(number: Int) = repeat(number) {
                    wallet.readShop(town.bakery.sheet).use { shop ->
                        wallet.quote(shop, 100, Choice.Automatic(points = false)).use { it.view() }
                    }
                    wallet.balance()
                    wallet.history()
                }
                // The machine of this language warms up in the first ones: it compiles what runs often.
                calls(5_000)
                val before = native()
                calls(2_500)
                val grown = native() - before
                assertTrue(grown < 8L * 1024, "$grown KiB more after 10,000 calls")
            }
        }
    }

    /** What this process has; its heap was all taken at the start (`-Xms`, `AlwaysPreTouch`). In KiB. */
    private fun native(): Long {
        repeat(3) { System.gc() }
        val resident = File("/proc/self/status").readLines().first { it.startsWith("RssAnon") }
        return resident.filter(Char::isDigit).toLong()
    }
}

package jp.kinchaku.core

import java.nio.file.Files
import java.nio.file.Path
import kotlin.test.assertEquals
import kotlin.test.assertNotEquals
import kotlin.test.assertTrue
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.BeforeEach
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.ValueSource

/** A process that dies at a step, and another one that opens what it left: value is conserved, and nothing is paid twice. */
class DeathTest {
    private val town = Town.shared

    @BeforeEach
    fun rest() = town.rest()

    @ParameterizedTest
    @ValueSource(
        strings = [
            "store.enveloped", "store.created", "store.migrated", "enrol.keys", "enrol.answered", "enrol.stored", "sync.page",
            "pay.prepared", "lock.counted", "lock.opened", "pay.key-signed", "store.committed", "pay.signed", "sync.answered",
            "sync.booked",
        ],
    )
    fun `a payer dies at`(point: String): Unit = inFolder { folder ->
        val owed = town.owed(town.bakery)
        val code = town.resident().code
        Files.writeString(folder.resolve("sheet"), town.bakery.sheet)
        assertNotEquals(0, Life.live("payer", folder, town, code, point), "it was to die at $point")
        assertEquals(0, Life.live("payer", folder, town, code, null), log(folder))
        runBlocking {
            Phone(folder).open().closing { wallet ->
                val payment = wallet.history().payments.single()
                assertEquals(PaymentState.POSTED, payment.state)
                assertEquals(730, payment.total)
                assertEquals(Town.PURSE - 730, wallet.usable())
            }
        }
        assertEquals(owed + 730, town.owed(town.bakery))
    }

    @ParameterizedTest
    @ValueSource(strings = ["enrol.stored", "store.committed", "receive.answered", "sync.answered"])
    fun `a shop's device dies at`(point: String): Unit = inFolder { folder ->
        val owed = town.owed(town.bakery)
        val home = Files.createDirectory(folder.resolve("till"))
        runBlocking {
            Phone(folder.resolve("payer")).resident().closing { wallet ->
                Files.writeString(home.resolve("receipt"), wallet.pays(town.bakery, 730).fullText)
            }
        }
        val code = town.clerk(town.bakery).code
        assertNotEquals(0, Life.live("till", home, town, code, point), "it was to die at $point")
        assertEquals(0, Life.live("till", home, town, code, null), log(home))
        runBlocking {
            Phone(home).open().closing { till ->
                val receipt = till.till().receipts.single()
                assertEquals(ReceiptState.POSTED, receipt.state)
                assertTrue(till.answered(receipt.reference)?.verdict == Verdict.ACCEPTED)
            }
        }
        assertEquals(owed + 730, town.owed(town.bakery))
    }

    private fun log(folder: Path) = Files.readString(folder.resolve("log"))
}

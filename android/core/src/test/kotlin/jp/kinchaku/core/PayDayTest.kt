package jp.kinchaku.core

import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertNotNull
import kotlin.test.assertNull
import kotlin.test.assertTrue
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.BeforeEach
import org.junit.jupiter.api.Test

/** A day with the real library and the real server. F151, F155, F158, F232, F234; T8, T9. */
class PayDayTest {
    private val town = Town.shared

    @BeforeEach
    fun rest() = town.rest()

    /** Enrol, scan a picture, pay without a network, the shop reads the receipt without one, both sync. */
    @Test
    fun `a payment from the photograph of a sheet to the shop's books`(): Unit = inFolder { folder ->
        runBlocking {
            val payer = Phone(folder.resolve("payer"))
            val clerk = Phone(folder.resolve("clerk"))
            payer.resident().closing { wallet ->
                clerk.clerk(town.bakery).closing { till ->
                    assertEquals(Role.WALLET, wallet.role())
                    assertEquals(Role.SHOP, till.role())
                    assertEquals(Town.PURSE, wallet.usable())

                    val picture = wallet.scanPicture(town.photograph(town.bakery), Wanted.SHOP)
                    assertEquals(1, picture.wanted)
                    assertEquals(town.bakery.sheet, picture.texts.first())

                    val shop = wallet.readShop(picture.texts.first())
                    assertEquals(OfflineWay.SCAN, shop.view().offline)
                    val quote = wallet.quote(shop, amountOf("１，２００円"), Choice.Automatic(points = false))
                    assertEquals(1_200, quote.view().total)
                    assertEquals(1_200, quote.view().parts.sumOf { it.amount })
                    assertTrue(!quote.view().online && quote.view().notices.isEmpty())

                    val prepared = wallet.prepare(quote, false)
                    assertEquals(quote.view(), prepared.view())
                    val receipt = prepared.confirm(pin())
                    assertEquals(1_200, receipt.total)
                    assertEquals(receipt.full.side * receipt.full.side, receipt.full.modules.size)
                    assertEquals(Town.PURSE - 1_200, wallet.usable())
                    assertEquals(PaymentState.SIGNED, wallet.history().payments.single().state)
                    assertEquals(receipt.fullText, wallet.receipt(receipt.reference)?.fullText)
                    assertFailsWith<PayException.Over> { prepared.confirm(pin()) }

                    val checked = till.checkReceipt(receipt.fullText)
                    assertEquals(Verdict.ACCEPTED, checked.view().verdict)
                    val answer = checked.answer()
                    assertEquals(Verdict.ACCEPTED, answer.verdict)
                    assertEquals(receipt.confirmation, answer.confirmation)
                    assertNull(answer.refusal)
                    val before = assertFailsWith<ReceiveException.ShownBefore> { till.checkReceipt(receipt.fullText) }
                    assertEquals(ReceiptState.ACCEPTED_BLIND, before.state)
                    assertEquals(answer.confirmation, till.answered(receipt.reference)?.confirmation)

                    till.sync(true)
                    wallet.sync(true)
                    assertEquals(PaymentState.POSTED, wallet.history().payments.single().state)
                    assertEquals(ReceiptState.POSTED, till.till().receipts.single().state)
                    assertEquals(1_200, till.till().sales.single { it.reference == receipt.reference && it.posted }.total)
                    assertEquals(Town.PURSE - 1_200, wallet.usable())
                }
            }
        }
    }

    /** The shop says no: its refusal, read by the payer's phone, gives the value back. F234. */
    @Test
    fun `a refusal gives the value back`(): Unit = inFolder { folder ->
        runBlocking {
            Phone(folder.resolve("payer")).resident().closing { wallet ->
                Phone(folder.resolve("clerk")).clerk(town.bakery).closing { till ->
                    val receipt = wallet.pays(town.bakery, 700)
                    val refused = till.checkReceipt(receipt.fullText).use { it.refuse() }
                    assertEquals(Verdict.BY_STAFF, refused.verdict)
                    // Whoever went away before it was shown finds it again.
                    val again = assertNotNull(till.answered(receipt.reference))
                    assertEquals(refused.refusalText, again.refusalText)

                    assertFailsWith<RefusalException.NotARefusal> { wallet.takeRefusal(receipt.fullText) }
                    val taken = wallet.takeRefusal(assertNotNull(refused.refusalText))
                    assertEquals(PaymentState.REFUSED_AT_SHOP, taken.payment.state)
                    assertEquals(Verdict.BY_STAFF, taken.verdict)
                    assertEquals(Town.PURSE, wallet.usable())
                    wallet.sync(true)
                    till.sync(true)
                    wallet.sync(true)
                    assertEquals(Town.PURSE, wallet.usable())
                    assertTrue(till.till().sales.none { it.reference == receipt.reference && it.posted })
                }
            }
        }
    }

    /** The shop has a network and the payer has none: green by the server's fact. */
    @Test
    fun `a short receipt is relayed`(): Unit = inFolder { folder ->
        runBlocking {
            Phone(folder.resolve("payer")).resident().closing { wallet ->
                Phone(folder.resolve("clerk")).clerk(town.greengrocer).closing { till ->
                    val receipt = wallet.pays(town.greengrocer, 450)
                    assertFailsWith<ReceiveException.NeedsFullReceipt> { till.checkReceipt(receipt.shortText) }
                    val relayed = till.relayReceipt(receipt.shortText)
                    assertEquals(ReceiptState.POSTED, relayed.state)
                    assertEquals(receipt.confirmation, relayed.confirmation)
                    assertEquals(450, town.owed(town.greengrocer))
                }
            }
        }
    }

    /** T8: a receipt for another shop is not answered. */
    @Test
    fun `errors carry what a screen says`(): Unit = inFolder { folder ->
        runBlocking {
            val payer = Phone(folder.resolve("payer"))
            payer.resident().closing { wallet ->
                Phone(folder.resolve("clerk")).clerk(town.bakery).closing { till ->
                    val receipt = wallet.pays(town.greengrocer, 100)
                    assertFailsWith<ReceiveException.OtherShop> { till.checkReceipt(receipt.fullText) }
                    assertFailsWith<ReceiveException.NotAReceipt> { till.checkReceipt("KC1:NONSENSE") }
                    assertFailsWith<ReceiveException.NotEnrolled> { wallet.checkReceipt(receipt.fullText) }
                }
                val web = assertFailsWith<ShopCodeException.NotAShop> { wallet.readShop("https://example.com/pay?to=me") }
                assertEquals(CodeKind.WEB, web.kind)
                assertEquals(NextStep.FIND_SHEET, web.next)
                assertEquals("example.com", recognise("https://example.com/pay?to=me").name)
                val shop = wallet.readShop(town.bakery.sheet)
                val short = assertFailsWith<PayException.Short> {
                    wallet.quote(shop, 1_000_000, Choice.Automatic(points = false))
                }
                assertTrue(short.payable in 1..Town.PURSE && short.missing == 1_000_000 - short.payable)
                assertFailsWith<PayException.Zero> { wallet.quote(shop, -1, Choice.Automatic(points = false)) }
                assertFailsWith<AmountException.NotANumber> { amountOf("1,2") }
                wallet.pays(town.bakery, 250)
                // F158: the same total to the same shop is asked about.
                val twice = wallet.quoted(town.bakery, 250)
                assertTrue(twice.view().notices.single() is Notice.Duplicate)
                assertFailsWith<PayException.Duplicate> { wallet.prepare(twice, false) }
                assertFailsWith<ScanException.NotAPicture> { wallet.scanPicture(ByteArray(100) { 7 }, Wanted.SHOP) }
                assertFailsWith<EnrolException.AlreadyEnrolled> { wallet.enrolWallet(town.resident(), pin()) }
                assertFailsWith<OpenException.OpenElsewhere> { payer.open() }
            }
            val bad = Phone(folder.resolve("bad"))
            bad.open().closing { wallet ->
                val easy = assertFailsWith<EnrolException.Pin> { wallet.enrolWallet(town.resident(), pin("1234")) }
                assertTrue(easy.reason is PinException.TooEasy)
                assertFailsWith<EnrolException.Code> { wallet.enrolWallet(Invitation(town.address, town.muni, "AAAA-BBBB-CC"), pin()) }
                assertFailsWith<EnrolException.BadServer> { wallet.enrolWallet(Invitation("ftp://x", 1, "AAAA-BBBB-CC"), pin()) }
                assertFailsWith<SyncException.NotEnrolled> { wallet.sync(true) }
            }
        }
    }

    /** F155: what is left is said, the fourth try waits, the fifth wrong one locks paying and nothing else. */
    @Test
    fun `wrong PINs wait and lock`(): Unit = inFolder { folder ->
        runBlocking {
            val phone = Phone(folder)
            phone.resident().closing { wallet ->
                assertFailsWith<PinTextException.NotFourDigits> { pin("258") }
                assertTrue(pin("7777").use { it.isTooEasy() })
                wallet.quoted(town.bakery, 900).use { quote ->
                    wallet.prepare(quote, false).use { prepared ->
                        suspend fun wrong() = assertFailsWith<PayException.Pin> { prepared.confirm(pin("9514")) }.reason
                        assertEquals(listOf(4, 3), List(2) { (wrong() as PinException.Wrong).triesLeft })
                        val third = wrong() as PinException.Wrong
                        assertTrue(third.waitS in 25..30)
                        assertTrue((wrong() as PinException.Wait).waitS in 20..30)
                        assertEquals(2, wallet.pinStatus().triesLeft)
                        phone.softClock.ahead += 31
                        assertEquals(1, (wrong() as PinException.Wrong).triesLeft)
                        assertTrue(wrong() is PinException.Locked)
                        // Locked: the payment was given up.
                        assertFailsWith<PayException.Over> { prepared.confirm(pin()) }
                    }
                }
                assertEquals(0, wallet.pinStatus().triesLeft)
                assertEquals(Town.PURSE, wallet.usable())
                assertTrue(wallet.history().payments.isEmpty())
                wallet.sync(true)
                val quote = wallet.quoted(town.bakery, 900)
                val locked = assertFailsWith<PayException.Pin> { wallet.prepare(quote, false).use { it.confirm(pin()) } }
                assertTrue(locked.reason is PinException.Locked)
                val code = assertFailsWith<PinException.Server> { wallet.unlockPin("AAAA-BBBB", pin("8205")) }
                assertTrue(code.reason is SyncException.Refused)
            }
        }
    }

    /** The balance flows: once at the start, once for each change, and not where nothing changed. */
    @Test
    fun `a balance is observed`(): Unit = inFolder { folder ->
        runBlocking {
            val wallet = Phone(folder).resident()
            val balances = wallet.balances()
            assertEquals(Town.PURSE, balances.next().classes.sumOf { it.usable })
            wallet.history()
            wallet.pays(town.bakery, 320)
            var seen = balances.next().classes.sumOf { it.usable }
            while (seen != Town.PURSE - 320) seen = balances.next().classes.sumOf { it.usable }
            wallet.closeWallet()
            assertFailsWith<Trouble.Closed> { balances.next() }
            assertFailsWith<Trouble.Closed> { wallet.balance() }
            balances.close()
            wallet.close()
        }
    }

    /** A phone with keys of its own: the PIN opens the handle, the phone's prompt the key, and both are needed. */
    @Test
    fun `the phone's own key signs`(): Unit = inFolder { folder ->
        runBlocking {
            val phone = Phone(folder)
            val key = SoftKey(folder.resolve("keys"))
            phone.key = key
            phone.resident().closing { wallet ->
                wallet.pays(town.bakery, 111)
                key.unlocked = false
                val quote = wallet.quoted(town.bakery, 222)
                val prepared = wallet.prepare(quote, false)
                assertFailsWith<PayException.KeyLocked> { prepared.confirm(pin()) }
                assertFailsWith<PayException.Over> { prepared.confirm(pin()) }
                assertEquals(Town.PURSE - 111, wallet.usable())
                key.unlocked = true
                wallet.prepare(quote, false).use { it.confirm(pin()) }
                wallet.sync(true)
                assertEquals(List(2) { PaymentState.POSTED }, wallet.history().payments.map { it.state })
            }
        }
    }

    /** A camera's frames, from a buffer with a stride. */
    @Test
    fun `a frame is read from a direct buffer`(): Unit = inFolder { _ ->
        val picture = javax.imageio.ImageIO.read(town.photograph(town.bakery).inputStream())
        val stride = picture.width + 16
        val luma = java.nio.ByteBuffer.allocateDirect(stride * picture.height)
        for (y in 0 until picture.height) {
            for (x in 0 until picture.width) luma.put(y * stride + x, (picture.getRGB(x, y) and 0xff).toByte())
        }
        Frames.ofCamera(Wanted.SHOP).use { frames ->
            var texts = emptyList<String>()
            // A busy machine may need the next frame, as a camera brings it.
            for (frame in 1..50) {
                texts = try {
                    frames.read(picture.width, picture.height, stride, luma.duplicate()).texts
                } catch (_: ScanException.OutOfTime) {
                    continue
                } catch (_: ScanException.Device) {
                    continue
                }
                break
            }
            assertEquals(listOf(town.bakery.sheet), texts)
            assertFailsWith<ScanException.NotAPicture> { frames.read(640, 4800, 640, luma.duplicate()) }
        }
    }
}

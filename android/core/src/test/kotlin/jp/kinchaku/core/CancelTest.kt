package jp.kinchaku.core

import java.util.concurrent.CountDownLatch
import kotlin.test.assertEquals
import kotlin.test.assertTrue
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Test

/** A coroutine that is cancelled while its effect runs loses nothing but the wait. */
class CancelTest {
    private val town = Town.shared

    /** A part of the phone that stops the wallet in the middle of what it does, until it is let go. */
    private class Stop {
        private var entered = CountDownLatch(0)
        private var leave = CountDownLatch(0)

        @Volatile
        private var armed = false

        fun arm() {
            entered = CountDownLatch(1)
            leave = CountDownLatch(1)
            armed = true
        }

        fun passed() {
            if (!armed) return
            armed = false
            entered.countDown()
            leave.await()
        }

        fun entered() = entered.await()

        fun leave() = leave.countDown()
    }

    private class StoppingVault(val host: SecretVault, val stop: Stop) : SecretVault by host {
        override fun open(purpose: VaultPurpose, associated: ByteArray, sealed: ByteArray) =
            host.open(purpose, associated, sealed).also { stop.passed() }

        override fun put(record: VaultRecord, bytes: ByteArray) = host.put(record, bytes).also { stop.passed() }

        override fun bind(purpose: VaultPurpose, input: ByteArray) = host.bind(purpose, input).also { stop.passed() }
    }

    private class StoppingClock(val host: Clock, val stop: Stop) : Clock {
        override fun read() = host.read().also { stop.passed() }
    }

    private fun phone(folder: java.nio.file.Path, stop: Stop) = Phone(folder).apply {
        vault = StoppingVault(vault, stop)
    }

    /** Starts a step, waits until the wallet is in the middle of it, cancels, and lets the wallet go on. */
    private suspend fun cancelled(stop: Stop, step: suspend () -> Unit) = kotlinx.coroutines.coroutineScope {
        stop.arm()
        val running = async(Dispatchers.Default, CoroutineStart.DEFAULT) { step() }
        kotlinx.coroutines.withContext(Dispatchers.IO) { stop.entered() }
        // Returns although the wallet still stands there: whoever waited is free at once.
        running.cancelAndJoin()
        assertTrue(running.isCancelled)
        stop.leave()
    }

    /** Each step of a payer's day, cancelled in its middle. */
    @Test
    fun `every step of a payment goes on without its coroutine`(): Unit = inFolder { folder ->
        town.rest()
        runBlocking {
            val stop = Stop()
            val phone = phone(folder, stop)
            // Opened, and closed again since nobody has it.
            cancelled(stop) { phone.open() }
            val wallet = openWhenClosed(phone)
            cancelled(stop) { wallet.enrolWallet(town.resident(), pin()) }
            // Queued behind the enrolment's store; what it was is there.
            while (wallet.role() == null) kotlinx.coroutines.yield()
            assertEquals(Role.WALLET, wallet.role())
            cancelled(stop) { wallet.sync(true) }
            while (wallet.usable() != Town.PURSE || wallet.balance().offlineUntilS == null) kotlinx.coroutines.yield()

            val quote = wallet.quoted(town.bakery, 640)
            val prepared = wallet.prepare(quote, false)
            cancelled(stop) { prepared.confirm(pin()) }
            while (wallet.history().payments.firstOrNull()?.state != PaymentState.SIGNED) kotlinx.coroutines.yield()
            val payment = wallet.history().payments.single()
            assertEquals(640, payment.total)
            assertEquals(Town.PURSE - 640, wallet.usable())
            val receipt = checkNotNull(wallet.receipt(payment.reference))

            Phone(folder.resolve("clerk")).let { clerk ->
                val till = clerk.apply { vault = StoppingVault(vault, stop) }.clerk(town.bakery)
                val checked = till.checkReceipt(receipt.fullText)
                cancelled(stop) { checked.refuse() }
                while (till.till().receipts.isEmpty()) kotlinx.coroutines.yield()
                val answer = checkNotNull(till.answered(receipt.reference))
                assertEquals(Verdict.BY_STAFF, answer.verdict)
                cancelled(stop) { wallet.takeRefusal(checkNotNull(answer.refusalText)) }.let { }
                till.closeWallet()
                till.close()
            }
            while (wallet.history().payments.single().state != PaymentState.REFUSED_AT_SHOP) kotlinx.coroutines.yield()
            assertEquals(Town.PURSE, wallet.usable())
            wallet.closeWallet()
        }
    }

    /** Looking is cancelled, too, and nothing comes of it; a prepared payment that nobody got is given back. */
    @Test
    fun `what nobody waits for any more leaves no trace`(): Unit = inFolder { folder ->
        town.rest()
        runBlocking {
            val stop = Stop()
            val phone = Phone(folder).apply { clock = StoppingClock(clock, stop) }
            val wallet = phone.resident()
            val shop = wallet.readShop(town.bakery.sheet)
            val quote = wallet.quote(shop, 500, Choice.Automatic(points = false))
            cancelled(stop) { wallet.balance() }
            cancelled(stop) { wallet.history() }
            cancelled(stop) { wallet.readShop(town.bakery.sheet) }
            cancelled(stop) { wallet.quote(shop, 500, Choice.Automatic(points = false)) }
            cancelled(stop) { wallet.prepare(quote, false) }
            cancelled(stop) { wallet.pinStatus() }
            // Waits for all of them, and for the payment to be given back.
            wallet.closeWallet()
            val again = openWhenClosed(phone)
            assertEquals(Town.PURSE, again.usable())
            assertTrue(again.history().payments.isEmpty())
            again.closeWallet()
        }
    }

    /** A wallet that is still closing has its folder for a moment. */
    private suspend fun openWhenClosed(phone: Phone): Wallet {
        while (true) {
            try {
                return phone.open()
            } catch (_: OpenException.OpenElsewhere) {
                kotlinx.coroutines.yield()
            }
        }
    }
}

package jp.kinchaku.core

import java.nio.file.Files
import java.nio.file.Path
import kotlin.system.exitProcess
import kotlinx.coroutines.runBlocking

/**
 * A device's life in a process of its own, from wherever it stands: enrol, sync, pay or answer, sync. Started with a fault
 * point set, it dies there; started again, it goes on.
 */
object Life {
    @JvmStatic
    fun main(words: Array<String>) {
        val (role, folder, address, muni, code) = words
        val roots = words.drop(5).map { it.hex() }
        runBlocking {
            val home = Path.of(folder)
            val vault = SoftVault(home.resolve("vault"))
            val config = WalletConfig(home.resolve("wallet").toString(), roots, emptyList())
            val wallet = openGuarded(config, vault, null, SoftClock(), SoftNetwork())
            val invitation = Invitation(address, muni.toLong(), code)
            if (role == "payer") payer(wallet, home, invitation) else till(wallet, home, invitation)
            wallet.closeWallet()
        }
        exitProcess(0)
    }

    private suspend fun payer(wallet: Wallet, home: Path, invitation: Invitation) {
        if (wallet.role() == null) wallet.enrolWallet(invitation, pin())
        wallet.sync(true)
        if (wallet.history().payments.isEmpty()) {
            val sheet = Files.readString(home.resolve("sheet"))
            val quote = wallet.quote(wallet.readShop(sheet), 730, Choice.Automatic(points = false))
            wallet.prepare(quote, false).use { it.confirm(pin()) }
        }
        wallet.sync(true)
        val receipt = checkNotNull(wallet.receipt(wallet.history().payments.single().reference))
        Files.writeString(home.resolve("receipt"), receipt.fullText)
    }

    private suspend fun till(wallet: Wallet, home: Path, invitation: Invitation) {
        if (wallet.role() == null) wallet.enrolShop(invitation)
        wallet.sync(true)
        try {
            wallet.checkReceipt(Files.readString(home.resolve("receipt"))).answer()
        } catch (_: ReceiveException.ShownBefore) {
            // Answered before it died.
        }
        wallet.sync(true)
    }

    /** Lives it in another JVM; gives its exit status. */
    fun live(role: String, folder: Path, town: Town, code: String, fault: String?): Int {
        val java = Path.of(System.getProperty("java.home"), "bin", "java").toString()
        val words = listOf(
            java, "-Xshare:auto", "-XX:TieredStopAtLevel=1", "-Djna.library.path=${System.getProperty("kinchaku.bin")}",
            "-Dkinchaku.bin=${System.getProperty("kinchaku.bin")}", "-cp", System.getProperty("java.class.path"), Life::class.java.name,
            role, folder.toString(), town.address, "${town.muni}", code,
        ) + town.roots.map { it.hex() }
        val log = folder.resolve("log").toFile()
        val builder = ProcessBuilder(words).redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.appendTo(log))
        // A death leaves nothing but what was durable, and no file of the JVM's either.
        builder.command().addAll(1, listOf("-XX:-CreateCoredumpOnCrash", "-XX:ErrorFile=/dev/null"))
        if (fault != null) builder.environment()["KINCHAKU_FAULT"] = fault else builder.environment().remove("KINCHAKU_FAULT")
        return builder.start().waitFor()
    }
}

package jp.kinchaku.core

import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertIs
import kotlin.test.assertTrue
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.BeforeEach
import org.junit.jupiter.api.Test

/** A My Number card over the phone's transport: a software card behind the town program. F052, F055, F138. */
class CardTest {
    private val town = Town.shared

    @BeforeEach
    fun rest() = town.rest()

    /** One touch; gone after so many commands. */
    private inner class Touch(private var left: Int = Int.MAX_VALUE, val gone: () -> Nothing = { throw CardLost.Gone() }) : CardTransport {
        val steps = mutableListOf<CardProgress>()

        init {
            town.ask("touch")
        }

        override fun transmit(command: ByteArray): ByteArray {
            if (left-- <= 0) gone()
            return town.ask("transmit", "hex" to command.hex()).text("hex").hex()
        }

        override fun reached(progress: CardProgress) {
            steps += progress
        }
    }

    private fun password(typed: String) = signPasswordOf(typed.toCharArray())

    @Test
    fun `a card says what it is`(): Unit = inFolder { folder ->
        town.ask("card", "person" to "adult")
        runBlocking {
            Phone(folder).resident().closing { wallet ->
                val status = wallet.cardStatus(Touch())
                assertEquals(CardToken.CARD, status.token)
                assertEquals(5, status.signPassword)
                assertFailsWith<CardException.Lost> { wallet.cardStatus(Touch(left = 2)) }
                assertFailsWith<CardException.Lost> { wallet.cardStatus(Touch(left = 1, gone = { throw NoClassDefFoundError("secret") })) }
            }
        }
    }

    @Test
    fun `a card is linked over two touches`(): Unit = inFolder { folder ->
        val person = town.ask("card", "person" to "adult")
        runBlocking {
            Phone(folder).resident().closing { wallet ->
                assertEquals(0, wallet.linkStanding().level)
                assertFailsWith<SecretException.Character> { password("ABC-123") }
                val linking = wallet.beginLink()
                assertFailsWith<LinkException.NotRead> { linking.confirm() }
                assertFailsWith<CardException.Over> { linking.touch(Touch()) }

                linking.enter(password("WRONG99"), false)
                val wrong = assertFailsWith<CardException.Wrong> { linking.touch(Touch()) }
                assertEquals(4, wrong.left)

                val right = password(person.text("sign_password"))
                linking.enter(right, false)
                assertFailsWith<CardException.Over> { linking.enter(right, false) }
                linking.enter(password(person.text("sign_password")), false)
                val again = assertIs<CardTouch.Again>(linking.touch(Touch(left = 3)))
                assertIs<CardWanted.LinkLost>(again.why)
                val touch = Touch()
                val read = assertIs<CardTouch.Read>(linking.touch(touch))
                assertEquals(person.text("name"), read.four.name)
                assertEquals(listOf(CardProgress.FOUND, CardProgress.PASSWORD_CHECKED, CardProgress.READ, CardProgress.SIGNED), touch.steps)

                assertIs<LinkOutcome.Linked>(linking.confirm())
                val standing = wallet.linkStanding()
                assertEquals(2, standing.level)
                assertEquals(person.text("name"), standing.four?.name)
                assertEquals(null, wallet.resumeLink())
            }
        }
    }

    /** A copied card is heard of at the touch; a card that is gone in the middle of VERIFY says how many tries are left. */
    @Test
    fun `cards that do not do`(): Unit = inFolder { folder ->
        val person = town.ask("card", "person" to "cloned")
        runBlocking {
            Phone(folder).resident().closing { wallet ->
                val linking = wallet.beginLink()
                linking.enter(password(person.text("sign_password")), false)
                assertFailsWith<CardException.Cloned> { linking.touch(Touch()) }
                town.ask("card", "person" to "child")
                linking.enter(password("ABC123"), false)
                assertFailsWith<CardException.NoSignCertificate> { linking.touch(Touch()) }
                assertTrue(wallet.linkStanding().level == 0)
            }
        }
    }
}

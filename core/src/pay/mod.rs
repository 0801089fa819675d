//! Paying: scan → quote → prepare → confirm → receipt. Each step is durable before the next is shown.
//!
//! ```text
//! read_shop   verifies the mark, says at once what this shop cannot take      nothing written
//! quote       splits the total, evaluates every cap and warning               nothing written
//! prepare     PREPARED: bytes, counter and value fixed                        one commit
//! confirm     the key signs; SIGNED with its outbox row; vault notes it       one counted commit
//! receipt     only now a code, a sound, the word "paid"                       nothing written
//! ```
//!
//! | dies at              | then                                                                    |
//! |----------------------|-------------------------------------------------------------------------|
//! | before SIGNED        | `recover` abandons it: counter and value are free, no signature left us |
//! | after SIGNED         | it is paid: the outbox has it, the receipt can be shown again           |
//!
//! There is no way back after SIGNED but a document of the shop or the server.

mod amount;
mod confirm;
mod enlarge;
mod error;
mod prepare;
mod quote;
mod receipt;
mod refused;
mod shop_code;

pub use amount::{AmountTextError, read_amount};
pub use confirm::confirm;
pub use enlarge::quote_enlarging;
pub use error::PayError;
pub use prepare::{Prepared, abandon, prepare, recover};
pub use quote::{Notice, Quote, classes_of, quote};
pub use receipt::{PaidReceipt, receipt};
pub use refused::{RefusedError, take_refusal};
pub use shop_code::{Shop, ShopCodeError, read_shop};

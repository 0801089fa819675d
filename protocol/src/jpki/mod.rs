//! What a My Number card says of a person, and how it is proven: certificates of the public personal
//! authentication service (JPKI), attributes signed by the card's issuer, and what a card signs for us.

pub mod statement;

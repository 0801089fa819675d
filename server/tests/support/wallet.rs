//! A wallet that signs what a test asks for, honest or not.

use kinchaku_protocol::doc::{
    Allowance, ClockReading, Close, Document, Gate, Intent, Part, Quality, Received, Verified,
};
use kinchaku_protocol::ids::{Pid, Ref};
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::signature::{PublicKey, Signer, SoftwareSigner};
use kinchaku_protocol::time::Time;

use super::{MARK, key};

pub struct Wallet {
    pub account: u64,
    pub device: Ref,
    pub sync: SoftwareSigner,
    pub pay: SoftwareSigner,
    /// Who signs its allowances.
    pub issuer: PublicKey,
    pub allowance: Option<Verified<Allowance>>,
    pub seq: u32,
    pub head: Ref,
}

/// A signed payment.
#[derive(Clone)]
pub struct Paid {
    pub bytes: Vec<u8>,
    pub reference: Ref,
    pub intent: Verified<Intent>,
}

impl Wallet {
    pub fn new(account: u64, device: Ref, sync: SoftwareSigner, pay: SoftwareSigner) -> Self {
        Self {
            account,
            device,
            sync,
            pay,
            issuer: key(101).public_key(),
            allowance: None,
            seq: 0,
            head: Ref([0; 16]),
        }
    }

    pub fn allowance(&self) -> &Verified<Allowance> {
        self.allowance.as_ref().unwrap()
    }

    /// Begins to use an allowance.
    pub fn take(&mut self, bytes: &[u8]) {
        let allowance = Received::<Allowance>::read(bytes)
            .unwrap()
            .verify(&self.issuer)
            .unwrap();
        if self.allowance.as_ref().map(Verified::id) != Some(allowance.id()) {
            self.seq = 0;
            self.head = allowance.to_ref();
        }
        self.allowance = Some(allowance);
    }

    /// The next payment, from the first line, at the allowance's beginning.
    pub fn pays(&mut self, shop: Pid, amount: u32) -> Paid {
        self.pays_parts(shop, &[(0, amount)])
    }

    pub fn pays_parts(&mut self, shop: Pid, parts: &[(u8, u32)]) -> Paid {
        let at = self.allowance().not_before().after(60);
        let paid = self.branch(self.seq + 1, self.head, shop, parts, at);
        self.seq += 1;
        self.head = paid.reference;
        paid
    }

    /// A payment with any counter and link; the wallet does not move on.
    pub fn branch(&self, seq: u32, prev: Ref, shop: Pid, parts: &[(u8, u32)], at: Time) -> Paid {
        let intent = Intent {
            authorisation: self.allowance().to_ref(),
            seq,
            prev,
            shop,
            mark: MARK,
            parts: parts
                .iter()
                .map(|&(line, amount)| Part {
                    line,
                    amount: Amount::of(amount),
                })
                .collect(),
            occurred_at: at,
            clock: ClockReading {
                quality: Quality::Anchored,
                age: 60,
            },
            gate: Gate::PIN,
            shop_nonce: None,
        };
        let signed = intent.sign(&self.pay).unwrap();
        Paid {
            bytes: signed.bytes().to_vec(),
            reference: signed.to_ref(),
            intent: signed,
        }
    }

    /// The close of the allowance in use; none where there is none.
    pub fn closes(&self) -> Option<Vec<u8>> {
        let allowance = self.allowance.as_ref()?;
        let close = Close {
            allowance: allowance.to_ref(),
            last: self.seq,
            head: self.head,
            closed_at: allowance.not_before().after(120),
        };
        Some(close.sign(&self.sync).unwrap().bytes().to_vec())
    }
}

//! Invitations, devices and one-time codes (docs/protocol.md, "Enrolling"). Whatever may be asked twice
//! because an answer was lost is answered the same twice.

use hmac::{Hmac, KeyInit, Mac};
use kinchaku_protocol::doc::{Device, Document, Role, Table as List};
use kinchaku_protocol::ids::{DocId, Pid, Ref};
use kinchaku_protocol::signature::PublicKey;
use kinchaku_protocol::time::DAY_SECONDS;
use sha2::Sha256;

use super::Books;
use crate::command::{CommandError, Invitee, NewDevice, Outcome};
use crate::ledger::rows::{AccountRow, DeviceDocRow, DeviceRow, InvitationRow, Topic, UnlockRow, account_party};
use crate::ledger::stop::EPOCH;

/// Seconds an invitation can be used.
const INVITATION_LIFE: u64 = 7 * DAY_SECONDS;

/// Seconds a code for a locked PIN can be used.
const UNLOCK_LIFE: u64 = DAY_SECONDS;

impl Books<'_> {
    pub(super) fn invite(&mut self, code_hash: [u8; 32], invitee: Invitee) -> Result<Outcome, CommandError> {
        let code_hash = DocId(code_hash);
        if let Some(known) = self.view.invitations.get(&(code_hash,)) {
            let same = match invitee {
                Invitee::Resident => known.role == Role::Wallet,
                Invitee::Account(id) => known.account == Some(id),
                Invitee::Shop(shop) => known.shop == Some(shop),
            };
            let account = known.account;
            return same.then_some(Outcome::Invited { account }).ok_or(CommandError::Taken);
        }
        let (role, account, shop) = match invitee {
            Invitee::Resident => (Role::Wallet, Some(self.open_account()), None),
            Invitee::Account(id) => {
                self.view.accounts.get(&(id,)).ok_or(CommandError::NoAccount)?;
                (Role::Wallet, Some(id), None)
            }
            Invitee::Shop(shop) => {
                let known = self.view.shops.get(&(shop,)).ok_or(CommandError::NoShop)?;
                known.dead_at.is_none().then_some(()).ok_or(CommandError::NoShop)?;
                (Role::Shop, None, Some(shop))
            }
        };
        let expires = self.now.after(INVITATION_LIFE);
        self.view.invitations.put(InvitationRow {
            code_hash,
            role,
            account,
            shop,
            expires,
            device: None,
        });
        Ok(Outcome::Invited { account })
    }

    fn open_account(&mut self) -> u64 {
        let id = self.view.next("account");
        self.view.accounts.put(AccountRow {
            id,
            opened_at: self.now,
            level: 0,
            stopped: false,
            generation: 0,
        });
        id
    }

    pub(super) fn enrol(&mut self, new: &NewDevice) -> Result<Outcome, CommandError> {
        let mut invitation = self
            .view
            .invitations
            .copy(&(DocId(new.code_hash),))
            .ok_or(CommandError::NoCode)?;
        if invitation.role != new.role {
            return Err(CommandError::NoCode);
        }
        if let Some(used) = invitation.device {
            let device = self.view.devices.copy(&(used,)).ok_or(CommandError::Broken)?;
            let same = device.sync_key == new.sync_key && device.pay_key == new.pay_key;
            return if same {
                self.document_of(&device)
            } else {
                Err(CommandError::CodeUsed)
            };
        }
        if self.now > invitation.expires {
            return Err(CommandError::CodeExpired);
        }
        if let Some(shop) = invitation.shop {
            let shop = self.view.shops.get(&(shop,)).ok_or(CommandError::NoCode)?;
            shop.dead_at.is_none().then_some(()).ok_or(CommandError::NoCode)?;
        }
        let pays = new.role == Role::Wallet;
        if pays != new.pay_key.is_some() || pays && new.level < self.rules.least_level {
            return Err(CommandError::KeyNotAcceptable);
        }
        let owner = match (invitation.shop, invitation.account) {
            (Some(shop), _) => shop,
            (None, Some(account)) => self.pseudonym(b"owner", account, 0),
            (None, None) => return Err(CommandError::Broken),
        };
        let id = self.view.next("device");
        invitation.device = Some(id);
        let mut device = DeviceRow {
            id,
            role: new.role,
            owner,
            account: invitation.account,
            sync_key: new.sync_key,
            kid: new.sync_key.kid(),
            pay_key: new.pay_key,
            level: new.level,
            current: Ref([0; 16]),
            allowance: None,
            revoked: false,
        };
        self.view.invitations.put(invitation);
        if self.view.counter(EPOCH) == 0 {
            // A device is told the bulletin in force, so there has to be one.
            self.view.next(EPOCH);
        }
        self.certify(&mut device)
    }

    pub(super) fn renew(&mut self, reference: Ref) -> Result<Outcome, CommandError> {
        let mut device = self.device(reference)?;
        let current = self
            .view
            .device_docs
            .copy(&(device.current,))
            .ok_or(CommandError::Broken)?;
        // Half of its life is left: a renewal at every sync would be writes for nothing.
        let life = self.rules.device_life.checked_div(2).unwrap_or(0);
        if current.expires.since(self.now) > life {
            return Ok(Outcome::Device(current.doc));
        }
        self.certify(&mut device)
    }

    /// Signs a device's document and writes both.
    fn certify(&mut self, device: &mut DeviceRow) -> Result<Outcome, CommandError> {
        let until = self.now.after(self.rules.device_life);
        let document = Device {
            role: device.role,
            owner: device.owner,
            sync_key: device.sync_key,
            window: vec![self.now, until],
            level: device.level,
        };
        let signed = document.sign(self.signers.device_ca.as_ref())?;
        device.current = signed.to_ref();
        let doc = signed.bytes().to_vec();
        self.view.device_docs.put(DeviceDocRow {
            reference: device.current,
            device: device.id,
            doc: doc.clone(),
            expires: until,
        });
        let (topic, party) = match device.account {
            Some(account) => (Topic::Account, account_party(account)),
            None => (Topic::Shop, device.owner),
        };
        self.view
            .tell(topic, party, List::Device, device.id.to_be_bytes().to_vec());
        self.view.devices.put(device.clone());
        Ok(Outcome::Device(doc))
    }

    fn document_of(&self, device: &DeviceRow) -> Result<Outcome, CommandError> {
        let row = self
            .view
            .device_docs
            .get(&(device.current,))
            .ok_or(CommandError::Broken)?;
        Ok(Outcome::Device(row.doc.clone()))
    }

    /// A name that says nothing of the account, the same for the same window and generation.
    pub(super) fn pseudonym(&self, what: &[u8], account: u64, window: u64) -> Pid {
        let mut pid = [0; 8];
        // HMAC takes a key of any length.
        if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.signers.pseudonym.as_slice()) {
            mac.update(what);
            mac.update(&account.to_be_bytes());
            mac.update(&window.to_be_bytes());
            for (to, from) in pid.iter_mut().zip(mac.finalize().into_bytes()) {
                *to = from;
            }
        }
        Pid(pid)
    }

    pub(super) fn issue_unlock(&mut self, code_hash: [u8; 32], account: u64) -> Result<Outcome, CommandError> {
        let code_hash = DocId(code_hash);
        self.view.accounts.get(&(account,)).ok_or(CommandError::NoAccount)?;
        if let Some(known) = self.view.unlocks.get(&(code_hash,)) {
            return (known.account == account)
                .then_some(Outcome::Done)
                .ok_or(CommandError::Taken);
        }
        let expires = self.now.after(UNLOCK_LIFE);
        self.view.unlocks.put(UnlockRow {
            code_hash,
            account,
            expires,
            device: None,
        });
        Ok(Outcome::Done)
    }

    /// The new key pays from the next allowance on; the one in use stays with the key it names.
    pub(super) fn use_unlock(
        &mut self,
        code_hash: [u8; 32],
        reference: Ref,
        pay_key: PublicKey,
    ) -> Result<Outcome, CommandError> {
        let mut device = self.device(reference)?;
        let mut code = self
            .view
            .unlocks
            .copy(&(DocId(code_hash),))
            .ok_or(CommandError::NoCode)?;
        if device.account != Some(code.account) {
            return Err(CommandError::NoCode);
        }
        if let Some(used) = code.device {
            let same = used == device.id && device.pay_key == Some(pay_key);
            return same.then_some(Outcome::Done).ok_or(CommandError::CodeUsed);
        }
        if self.now > code.expires {
            return Err(CommandError::CodeExpired);
        }
        code.device = Some(device.id);
        device.pay_key = Some(pay_key);
        self.view.unlocks.put(code);
        self.view.devices.put(device);
        Ok(Outcome::Done)
    }
}

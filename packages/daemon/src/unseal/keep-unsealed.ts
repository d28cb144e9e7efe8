import { Backoff, type Reporter, sleep, toNecoError } from '@neco/core';
import { Vault } from '@neco/vault-pki';
import type { DaemonConfiguration } from '../daemon-configuration.ts';
import { readVaultCa } from '../read-vault-ca.ts';
import { ChangingMessages } from './changing-messages.ts';
import { UnsealKeyWatch } from './unseal-key-watch.ts';

/** Pauses between two looks at Vault, in milliseconds: it tells nobody when it is sealed. */
const pauses = { unsealed: 5000, first: 1000, longest: 5000 } as const;
/** Vault is on this server: it answers soon or not at all. */
const timeout = 5000;

export interface KeepUnsealedOptions {
  configuration: DaemonConfiguration;
  reporter: Reporter;
  signal: AbortSignal;
}

/**
 * Keeps the Vault of this server unsealed with the key in etcd, until the signal fires. Never ends because of etcd
 * or Vault: what they lack is said once, and looked for again.
 * https://developer.hashicorp.com/vault/docs/concepts/seal
 */
export async function keepUnsealed({ configuration, reporter, signal }: KeepUnsealedOptions): Promise<void> {
  const messages = new ChangingMessages(reporter);
  const keys = new UnsealKeyWatch(configuration.etcd, messages);
  let was = false;
  const backoff = new Backoff(pauses);
  while (!signal.aborted) {
    const { changed } = keys;
    let pause: number = pauses.first;
    try {
      const unsealed = await isUnsealed(configuration, keys, messages);
      backoff.reset();
      if (unsealed) {
        pause = pauses.unsealed;
        await keys.stop();
        if (!was) messages.forget();
        messages.info(`Vault at ${configuration.vault.address} is unsealed`);
      }
      was = unsealed;
    } catch (thrown) {
      was = false;
      const { code, message, hint } = toNecoError(thrown);
      messages.warn(hint === undefined ? message : `${message} (${hint})`);
      // A Vault that is down comes back any moment; one that does not take the key is not to be pestered.
      if (code === 'VAULT_UNREACHABLE') backoff.reset();
      else pause = backoff.advance();
    }
    const wake = AbortSignal.any([signal, changed]);
    await sleep(pause, wake);
  }
  await keys.stop();
}

async function isUnsealed(
  configuration: DaemonConfiguration,
  keys: UnsealKeyWatch,
  messages: ChangingMessages,
): Promise<boolean> {
  const { address } = configuration.vault;
  const vault = Vault.connect({ address, ca: await readVaultCa(configuration), timeout });
  const { initialized, sealed } = await vault.system.sealStatus();
  if (!initialized) {
    messages.info(`Vault at ${address} is not initialised yet`);
    return false;
  }
  if (!sealed) return true;
  messages.info(`Vault at ${address} is sealed`);
  const key = keys.read();
  if (key === undefined) return false;
  const after = await vault.system.unseal(key);
  if (after.sealed) {
    const missing = String(after.threshold - after.progress);
    messages.warn(
      `Vault at ${address} took the key in etcd and wants ${missing} more: give them with "vault operator unseal"`,
    );
  }
  return !after.sealed;
}

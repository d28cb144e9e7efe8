import { Backoff, sleep, toNecoError, type Reporter } from '@neco/core';
import { Vault } from '@neco/vault-pki';
import type { DaemonConfiguration } from '../daemon-configuration.ts';
import { readVaultCa } from '../read-vault-ca.ts';
import { ChangingMessages } from './changing-messages.ts';
import { untilClosed } from './until-closed.ts';
import { UnsealKeyWatch } from './unseal-key-watch.ts';

/** Pauses between two looks at Vault, in milliseconds. A Vault that is down or has no key comes back any moment. */
const pauses = { unsealed: 5000, otherwise: 250 } as const;
/** A Vault that rejects the key is asked less and less often. */
const afterFailure = { first: 1000, longest: 5000 } as const;
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
  const failures = new Backoff(afterFailure);
  let was = false;
  while (!signal.aborted) {
    const wake = AbortSignal.any([signal, keys.changed]);
    try {
      const unsealed = await isUnsealed(configuration, keys, messages);
      failures.reset();
      if (unsealed) {
        await keys.stop();
        if (!was) messages.forget();
        messages.info(`Vault at ${configuration.vault.address} is unsealed`);
      }
      was = unsealed;
      if (unsealed) await untilVaultStops(configuration, wake);
      else await sleep(pauses.otherwise, wake);
    } catch (thrown) {
      was = false;
      const { code, message, hint } = toNecoError(thrown);
      messages.warn(hint === undefined ? message : `${message} (${hint})`);
      if (code === 'VAULT_UNREACHABLE') {
        failures.reset();
        await sleep(pauses.otherwise, wake);
      } else await failures.pause(wake);
    }
  }
  await keys.stop();
}

/** Waits for the next look at a Vault that is unsealed: it reports nothing when it is sealed, but a restart closes connections. */
async function untilVaultStops(configuration: DaemonConfiguration, wake: AbortSignal): Promise<void> {
  const signal = AbortSignal.any([wake, AbortSignal.timeout(pauses.unsealed)]);
  await untilClosed(configuration.vault.address, await readVaultCa(configuration), signal);
  await sleep(pauses.otherwise, signal);
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
      `Vault at ${address} accepted the key in etcd and needs ${missing} more; enter them with "neco vault unseal"`,
    );
  }
  return !after.sealed;
}

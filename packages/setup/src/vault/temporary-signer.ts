import type { ExportedCa, Vault } from '@neco/vault-pki';
import {
  authorities,
  authorityLifeHours,
  type AuthorityName,
  ensureSigningRoles,
  forEachAuthority,
  Signer,
} from '@neco/cluster-access';
import { makeKeysBeforehand } from './issue-certificates.ts';
import { coordinatorOf, type SetupContext } from '../setup-context.ts';
import { startTemporaryVault, stopTemporaryVault } from './temporary-vault.ts';

/** What it signs logs in to no other Vault, though the CA is the same. */
const noLives: ReadonlyMap<number, string> = new Map();

/**
 * The temporary Vault with the CAs of this setup, started where it does not run. It signs what carries setup, until all
 * servers have the certificates that stay: the initial ones may have run out while setup was interrupted, and then
 * nobody reaches the real Vault, nor the etcd behind it.
 */
export function temporarySigner(context: SetupContext): Promise<Signer> {
  return context.background.temporarySigner.begin(() => start(context));
}

async function start(context: SetupContext): Promise<Signer> {
  const { host, lrns, signal } = context;
  const { state, save } = coordinatorOf(context);
  // The initial certificates come next.
  const meanwhile = (): void => makeKeysBeforehand(context, 'initial');
  const vault = (await startTemporaryVault(host, signal, meanwhile)).asNew();
  const kept = state.authorities;
  state.authorities = await forEachAuthority(async (name) => {
    const { mount } = authorities[name];
    await vault.pki(mount).ensureEnabled({ maxTtlHours: authorityLifeHours });
    const roles = ensureSigningRoles(vault, name, lrns, noLives);
    const [ca] = await Promise.all([kept === undefined ? generate(vault, name) : kept[name], roles]);
    if (kept !== undefined) await vault.pki(mount).importCa(ca);
    return ca;
  });
  await save();
  return new Signer(vault, context.addresses);
}

function generate(vault: Vault, name: AuthorityName): Promise<ExportedCa> {
  const { mount, commonName } = authorities[name];
  return vault.pki(mount).generateExportedCa({ commonName, ttl: `${String(authorityLifeHours)}h` });
}

/** Takes the keys of the CAs out of the coordinator's state and ends the temporary Vault: from now on only the real one has them. */
export async function dropAuthorities(context: SetupContext): Promise<void> {
  const { state, save } = coordinatorOf(context);
  if (state.authorities === undefined) return;
  const started = context.background.temporarySigner.take() !== undefined;
  state.authorities = undefined;
  await Promise.all([save(), ...(started ? [stopTemporaryVault(context.host)] : [])]);
}

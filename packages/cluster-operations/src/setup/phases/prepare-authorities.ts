import type { Phase } from '@neco/core';
import { authorities, authorityLifeHours } from '../../access/authorities.ts';
import { ensureMounts, ensureSigningRoles } from '../../access/ensure-access.ts';
import { forEachAuthority, Signer } from '../../access/signer.ts';
import { isFinished } from '../progress.ts';
import { leaderOf, type SetupContext, type SetupView } from '../setup-context.ts';
import { startTemporaryVault } from '../temporary-vault.ts';

/**
 * Seed step 2: start Vault temporarily to prepare the CAs. Their keys leave the temporary Vault only into the
 * leader's encrypted state, so that a setup that goes on after a power cut goes on with the same CAs.
 */
export const prepareAuthorities: Phase<SetupView, SetupContext> = {
  id: 'prepare-authorities',
  title: 'Prepare the CAs in a temporary Vault',
  concerns: ({ isLeader }) => isLeader,
  async isDone(view) {
    return view.record?.authoritiesImportedAt !== undefined || (await isFinished(view));
  },
  plan: () => [
    'start a temporary Vault on 127.0.0.1',
    'make the CAs for servers, etcd peers and etcd clients',
  ],
  async run(context) {
    const { host, lrns, signal } = context;
    const { state, save } = leaderOf(context);
    const vault = await startTemporaryVault(host, signal);
    await ensureMounts(vault, authorityLifeHours);
    if (state.authorities === undefined) {
      state.authorities = await forEachAuthority((name) => {
        const { mount, commonName } = authorities[name];
        return vault.generateExportedCa(mount, { commonName, ttl: `${String(authorityLifeHours)}h` });
      });
      await save();
    } else {
      const kept = state.authorities;
      await forEachAuthority((name) => vault.importCa(authorities[name].mount, kept[name]));
    }
    await ensureSigningRoles(vault, lrns);
    context.temporarySigner = new Signer(vault, context.addresses);
  },
};

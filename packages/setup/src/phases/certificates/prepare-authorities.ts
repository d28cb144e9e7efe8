import type { Phase } from '@neco/core';
import { isFinished } from '../../progress.ts';
import type { SetupContext, SetupView } from '../../setup-context.ts';
import { temporarySigner } from '../../vault/temporary-signer.ts';

/**
 * Seed step 2: start Vault temporarily to prepare the CAs. Their keys leave the temporary Vault only into the
 * coordinator's encrypted state, so that a setup that is resumed after a power cut uses the same CAs.
 */
export const prepareAuthorities: Phase<SetupView, SetupContext> = {
  id: 'prepare-authorities',
  title: 'Prepare the CAs in a temporary Vault',
  concerns: ({ isCoordinator }) => isCoordinator,
  async isDone(view) {
    return view.record?.authoritiesImportedAt !== undefined || (await isFinished(view));
  },
  plan: () => [
    'start a temporary Vault on 127.0.0.1',
    'create the CAs for servers, etcd peers and etcd clients',
  ],
  async run(context) {
    await temporarySigner(context);
  },
};

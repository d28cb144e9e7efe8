import type { Phase } from '@neco/core';
import { certificatesFit, leafLifeHours } from '@neco/cluster-access';
import { issueCertificates } from '../../vault/issue-certificates.ts';
import { isFinished } from '../../progress.ts';
import type { SetupContext, SetupView } from '../../setup-context.ts';

/** What is left of a certificate that was issued to stay, in ms: anything longer than the initial ones have. */
const stays = (leafLifeHours / 3) * 3_600_000;

/** Seed step 5: reissue the certificates for etcd and Vault, with new keys, signed by the real Vault. */
export const reissueCertificates: Phase<SetupView, SetupContext> = {
  id: 'reissue-certificates',
  title: 'Reissue the certificates',
  async isDone(view) {
    return (await isFinished(view)) || (await certificatesFit(view, stays));
  },
  plan: () => ['create new keys and have Vault sign certificates that are valid for 90 days'],
  run: (context) => issueCertificates(context, 'final'),
};

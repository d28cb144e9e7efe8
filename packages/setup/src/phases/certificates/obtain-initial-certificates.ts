import type { Phase } from '@neco/core';
import { certificatesFit } from '@neco/cluster-access';
import { issueCertificates } from '../../vault/issue-certificates.ts';
import { isFinished } from '../../progress.ts';
import type { SetupContext, SetupView } from '../../setup-context.ts';

const oneHour = 3_600_000;

/** Seed step 2, second half: the initial certificates, which live a week and only carry setup. */
export const obtainInitialCertificates: Phase<SetupView, SetupContext> = {
  id: 'obtain-initial-certificates',
  title: 'Obtain the initial certificates',
  async isDone(view) {
    return (await isFinished(view)) || (await certificatesFit(view, oneHour));
  },
  plan: () => ['make keys for etcd, Vault and neco, and have the coordinator sign their certificates'],
  run: (context) => issueCertificates(context, 'initial'),
};

import { keepUnsealed } from '../../unseal/keep-unsealed.ts';
import type { WorkerDuty } from '../worker-duty.ts';

/** Keeps the Vault of this server unsealed with the key in etcd. */
export const keepVaultUnsealed: WorkerDuty = {
  name: 'keep-vault-unsealed',
  run: ({ configuration, reporter }, signal) => keepUnsealed({ configuration, reporter, signal }),
};

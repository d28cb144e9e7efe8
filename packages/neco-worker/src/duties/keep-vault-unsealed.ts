import { keepUnsealed, type WorkerDuty } from '@neco/daemon';

/** Keeps the Vault of this server unsealed with the key in etcd. */
export const keepVaultUnsealed: WorkerDuty = {
  name: 'keep-vault-unsealed',
  run: ({ configuration, reporter }, signal) => keepUnsealed({ configuration, reporter, signal }),
};

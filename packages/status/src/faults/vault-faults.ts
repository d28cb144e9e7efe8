import type { FaultKind } from './fault-kind.ts';

const vaults = 'tools/dctest/test/scenarios/remedies/vaults.test.ts';
const remedies = 'tools/dctest/test/scenarios/remedies/status-remedies.test.ts';

/** What concerns Vault, and the keys that setup made for it. */
export const vaultFaults = {
  'vault-unreachable': {
    severity: 'fault',
    what: 'a Vault does not answer',
    proof: { file: remedies, title: 'Vault stopped, and sealed: restarted and unsealed as status says' },
  },
  'vault-sealed': {
    severity: 'fault',
    what: 'a Vault is sealed',
    proof: {
      file: 'tools/dctest/test/scenarios/cluster-faults.test.ts',
      title:
        'refuse clearly while all Vaults are sealed, and a join whose worker finds them so goes on by itself',
    },
  },
  'vault-uninitialized': {
    severity: 'fault',
    what: 'a Vault is not initialised',
    proof: {
      file: vaults,
      title: 'the data of Vault gone from etcd, as a whole and in part: restored from a snapshot',
    },
  },
  'vault-half-initialized': {
    severity: 'fault',
    what: 'the initialisation of a Vault was interrupted, and its keys are lost',
    proof: {
      file: vaults,
      title: 'the data of Vault gone from etcd, as a whole and in part: restored from a snapshot',
    },
  },
  'vault-none-active': {
    severity: 'fault',
    what: 'no Vault is active',
    proof: { file: vaults, title: 'no Vault that is active: a standby takes over by itself, as status says' },
  },
  'vault-audit-failed': {
    severity: 'fault',
    what: 'the active Vault can write to none of its audit devices, so it refuses every request',
    proof: {
      file: remedies,
      title:
        'full audit device, the only one: status names server, device and df, and all commands end at once',
    },
  },
  'vault-not-serving': {
    severity: 'fault',
    what: 'a Vault is unsealed, but a log-in to it fails',
    proof: {
      file: vaults,
      title: 'a standby that does not reach the active Vault: the way between them is opened',
    },
  },
  'vault-refuses-server': {
    severity: 'fault',
    what: 'Vault does not let this server log in with its certificate',
    proof: {
      file: remedies,
      title: 'a server that Vault does not let in any more: taken out and added again as status says',
    },
  },
  'root-token-stored': {
    severity: 'warning',
    what: 'the Vault root token is still in etcd',
    proof: {
      file: 'tools/dctest/test/scenarios/setup/setup-trust.test.ts',
      title: 'neco status says on each server how the root token that stays is revoked, and it is',
    },
  },
} as const satisfies Record<string, FaultKind>;

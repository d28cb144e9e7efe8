import type { FaultKind } from './fault-kind.ts';

const scenarios = 'tools/dctest/test/scenarios';

const hostScenario = 'tools/dctest/test/scenarios/remedies/hosts.test.ts';

/** What concerns a boot server as a whole, its setup, join and leave. */
export const serverFaults = {
  'site-invalid': {
    severity: 'fault',
    what: 'the site configuration cannot be read or does not parse',
    proof: {
      file: hostScenario,
      title: 'a site configuration that is broken: its line is named, and what is right is seen',
    },
  },
  'configuration-invalid': {
    severity: 'fault',
    what: 'the configuration of the connection to etcd became wrong while status was watched',
    proof: {
      file: hostScenario,
      title: 'a configuration that breaks while status is watched: said, and corrected',
    },
  },
  'not-set-up': {
    severity: 'fault',
    what: 'the server is not a boot server yet',
    proof: {
      file: `${scenarios}/use-cases.test.ts`,
      title: 'Run `neco setup 0 1 2` on each boot server.',
    },
  },
  'setup-incomplete': {
    severity: 'fault',
    what: 'setup was started here and is not complete',
    proof: {
      file: `${scenarios}/setup/setup-killed.test.ts`,
      title: 'finishes when a server is killed in a phase, and the same command is run there again',
    },
  },
  'server-left': {
    severity: 'fault',
    what: 'the server was removed from the cluster',
    proof: {
      file: `${scenarios}/membership/leave-live.test.ts`,
      title: 'takes a live server out, which stops by itself; refuses what rests on a mistake',
    },
  },
  'join-stuck': {
    severity: 'fault',
    what: 'a join is not complete, and its etcd does not run',
    proof: {
      file: `${scenarios}/use-cases.test.ts`,
      title: 'Run `systemctl start neco-worker.service`: start etcd, start vault, unseal vault.',
    },
  },
  'join-incomplete': {
    severity: 'warning',
    what: 'a join is not complete yet, and its etcd runs',
    proof: {
      file: `${scenarios}/remedies/members.test.ts`,
      title:
        'an interrupted join: resumed on its server as status says, before and after its etcd has started',
    },
  },
  'join-vault-down': {
    severity: 'fault',
    what: 'a join is not complete, because the Vault of the server that joins does not answer',
    proof: {
      file: `${scenarios}/remedies/vaults.test.ts`,
      title: 'a join whose Vault does not start: what holds its port is found and stopped',
    },
  },
  'leave-incomplete': {
    severity: 'fault',
    what: 'a leave was started and is not complete',
    proof: {
      file: `${scenarios}/remedies/members.test.ts`,
      title: 'an interrupted leave: completed by the command that status prints',
    },
  },
  'leave-unproved': {
    severity: 'fault',
    what: 'a server has left, and a server that did not answer has not proved that it rejects it',
    proof: {
      file: `${scenarios}/cluster-faults.test.ts`,
      title: 'all succeed though ${what}, and find nothing to do when it is fixed',
    },
  },
  'unit-disabled': {
    severity: 'fault',
    what: 'a unit of this boot server does not start with it',
    proof: {
      file: `${scenarios}/setup/setup-result.test.ts`,
      title: 'leaves the start of neco-worker on boot-${lrn} to the admin, and neco status says so',
    },
  },
  'versions-differ': {
    severity: 'warning',
    what: 'boot servers run different versions of etcd or of Vault',
    proof: {
      file: hostScenario,
      title: 'two versions of etcd: the older is brought to the newer where it runs',
    },
  },
} as const satisfies Record<string, FaultKind>;

import type { HostTroubleId } from '@neco/preflight';
import type { FaultKind } from './fault-kind.ts';

const remedies = 'tools/dctest/test/scenarios/remedies/status-remedies.test.ts';

const scenario = 'tools/dctest/test/scenarios/remedies/hosts.test.ts';

/** What concerns the host of a boot server: its file systems, units, audit devices and clock. */
export const hostFaults = {
  'disk-full': {
    severity: 'fault',
    what: 'a file system that is used has no bytes or no inodes left',
    proof: {
      file: remedies,
      title: 'full audit device beside syslog: the cluster serves, and status names server, device and df',
    },
  },
  'disk-filling': {
    severity: 'warning',
    what: 'a file system that is used is nearly full, in bytes or in inodes',
    proof: { file: scenario, title: 'a disk that is nearly full: what fills it is found as status says' },
  },
  'unit-replaced': {
    severity: 'fault',
    what: 'a unit or a drop-in takes the place of what the package has',
    proof: { file: remedies, title: 'units that are not the package’s: replaced by a drop-in, and masked' },
  },
  'unit-masked': {
    severity: 'fault',
    what: 'a unit of neco, etcd or Vault is masked',
    proof: { file: remedies, title: 'units that are not the package’s: replaced by a drop-in, and masked' },
  },
  'audit-device-broken': {
    severity: 'fault',
    what: 'one of the two Vault audit devices of a server cannot be written',
    proof: { file: remedies, title: 'audit directory of another owner: given back to Vault as status says' },
  },
  'clock-impossible': {
    severity: 'fault',
    what: 'a clock says a time before this neco was built',
    proof: {
      file: remedies,
      title:
        'a wrong clock: the wrong server is named, nothing is restarted, and an impossible one is refused by preflight',
    },
  },
  'clock-differs': {
    severity: 'fault',
    what: 'the clock of a server is not that of the others',
    proof: {
      file: remedies,
      title:
        'a wrong clock: the wrong server is named, nothing is restarted, and an impossible one is refused by preflight',
    },
  },
  'clock-unsynchronized': {
    severity: 'warning',
    what: 'nothing synchronizes the clock of a server',
    proof: {
      file: scenario,
      title: 'a clock that chrony does not synchronize: its time server is found and started',
    },
  },
  'host-trouble': {
    severity: 'warning',
    what: 'a server with another version of neco reports something that this one does not know',
    proof: {
      file: scenario,
      title: 'what only another version of neco knows: shown with the remedy that it has',
    },
  },
} as const satisfies Record<HostTroubleId | 'clock-differs' | 'host-trouble', FaultKind>;

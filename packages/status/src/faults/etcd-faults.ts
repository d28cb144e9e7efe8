import type { FaultKind } from './fault-kind.ts';

const remedies = 'tools/dctest/test/scenarios/remedies/status-remedies.test.ts';
const members = 'tools/dctest/test/scenarios/remedies/members.test.ts';
const peers = 'tools/dctest/test/scenarios/remedies/peers.test.ts';
const data = 'tools/dctest/test/scenarios/remedies/etcd-data.test.ts';
const scenario = 'tools/dctest/test/scenarios/remedies/etcd-faults.test.ts';

/** What concerns etcd: its members, its quorum, its alarms, and the records in it. */
export const etcdFaults = {
  'etcd-quorum-lost': {
    severity: 'fault',
    what: 'no majority of the etcd members answers',
    proof: {
      file: remedies,
      title:
        'etcd of one server stopped, then of two: started as status says, without waiting for the quorum',
    },
  },
  'etcd-read-failed': {
    severity: 'fault',
    what: 'something could not be read from etcd although it has a quorum',
    proof: {
      file: members,
      title: 'rights in etcd that somebody took away, and auth turned off: restored by one command',
    },
  },
  'record-invalid': {
    severity: 'fault',
    what: 'a record of neco in etcd does not parse',
    proof: { file: members, title: 'records that do not parse: written again as status says' },
  },
  'etcd-unreachable': {
    severity: 'fault',
    what: 'an etcd member does not answer',
    proof: {
      file: remedies,
      title:
        'etcd of one server stopped, then of two: started as status says, without waiting for the quorum',
    },
  },
  'etcd-unstarted': {
    severity: 'fault',
    what: 'an etcd member was added and has never started',
    proof: {
      file: members,
      title: 'members added by hand: a stray one, and one that has never started, are removed as status says',
    },
  },
  'etcd-learner': {
    severity: 'warning',
    what: 'an etcd member is a learner and does not vote yet',
    proof: {
      file: members,
      title: 'a learner that nobody promotes: taken out and added again as status says',
    },
  },
  'server-unknown-to-etcd': {
    severity: 'fault',
    what: 'a server that is expected is neither registered nor an etcd member',
    proof: {
      file: members,
      title: 'a server that was removed from etcd by hand joins again, whether or not it is registered',
    },
  },
  'registered-not-a-member': {
    severity: 'fault',
    what: 'a server is registered, but is not an etcd member',
    proof: {
      file: members,
      title: 'a server that was removed from etcd by hand joins again, whether or not it is registered',
    },
  },
  'member-not-registered': {
    severity: 'fault',
    what: 'a server is an etcd member, but is not registered',
    proof: {
      file: members,
      title: 'a member without its registration: taken out and added again as status says',
    },
  },
  'member-stray': {
    severity: 'fault',
    what: 'an etcd member does not belong to any boot server',
    proof: {
      file: members,
      title: 'members added by hand: a stray one, and one that has never started, are removed as status says',
    },
  },
  'etcd-no-space': {
    severity: 'fault',
    what: 'an etcd member raised the alarm NOSPACE: its database is full',
    proof: {
      file: scenario,
      title: 'recovers a full etcd without Vault by the one command that status shows',
    },
  },
  'etcd-near-quota': {
    severity: 'warning',
    what: 'the database of an etcd member has 80 % of its quota or more',
    proof: {
      file: scenario,
      title: 'an etcd near its quota: made smaller as status says; killed half-way, it is run again',
    },
  },
  'etcd-corrupt': {
    severity: 'fault',
    what: 'etcd takes no writes, because it found that the data of a member differs (alarm CORRUPT)',
    proof: {
      file: data,
      title: 'the alarm CORRUPT: ended without Vault, and the wrong member replaced as status says',
    },
  },
  'etcd-disk-unmounted': {
    severity: 'fault',
    what: 'the disk with the data of etcd is not mounted',
    proof: { file: data, title: 'a disk of its own that is not mounted: mounted as status says' },
  },
  'etcd-data-lost': {
    severity: 'fault',
    what: 'the directory with the data of etcd is empty or missing, though the server is an etcd member',
    proof: {
      file: data,
      title: 'a disk of its own that was emptied: the server joins again as status says',
    },
  },
  'etcd-data-owner': {
    severity: 'fault',
    what: 'the directory with the data of etcd belongs to another user',
    proof: { file: data, title: 'data of another owner: given back to etcd as status says' },
  },
  'etcd-data-broken': {
    severity: 'fault',
    what: 'etcd does not start, because its data cannot be read or differs from that of the others',
    proof: {
      file: data,
      title: 'data that etcd does not start with: status shows the end of its log, and brings it back',
    },
  },
  'etcd-data-differs': {
    severity: 'fault',
    what: 'the data of an etcd member differs from that of the others, by a hash at one revision',
    proof: {
      file: data,
      title: 'a changed byte: status compares the members, and the wrong one is replaced as it says',
    },
  },
  'peer-refused': {
    severity: 'fault',
    what: 'an etcd member refuses the certificate of another as a peer',
    proof: {
      file: peers,
      title: 'a foreign CA of the peers: the server that has it is named by all, and gets the right one',
    },
  },
  'peer-unreachable': {
    severity: 'fault',
    what: 'the network does not let one etcd member reach another at port 2380',
    proof: {
      file: peers,
      title: 'a firewall between two others: named with both, and its rule is found as status says',
    },
  },
  'etcd-auth-off': {
    severity: 'fault',
    what: 'etcd auth is off',
    proof: {
      file: members,
      title: 'rights in etcd that somebody took away, and auth turned off: restored by one command',
    },
  },
} as const satisfies Record<string, FaultKind>;

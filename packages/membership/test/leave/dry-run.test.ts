import { readOnlyHost } from '@neco/host-installer';
import { expect } from 'chai';
import type { LeaveView } from '../../src/leave/leave-context.ts';

describe('what a dry run of leave works with', () => {
  it('has no function that changes this server, etcd, the registry or Vault', async () => {
    // The compiler decides: each line below must be an error.
    const changes = [
      // @ts-expect-error a file
      ({ host }: LeaveView) => host.writeFile,
      // @ts-expect-error connections
      ({ host }: LeaveView) => host.cutConnections,
      // @ts-expect-error a unit
      ({ host }: LeaveView) => host.restartUnit,
      // @ts-expect-error a member
      ({ etcd }: LeaveView) => etcd.removeMember,
      // @ts-expect-error a user
      ({ etcd }: LeaveView) => etcd.deleteUser,
      // @ts-expect-error anything in etcd
      ({ etcd }: LeaveView) => etcd.call,
      // @ts-expect-error a record
      ({ registry }: LeaveView) => registry.leavePlans.at(2).put,
      // @ts-expect-error keys
      ({ registry }: LeaveView) => registry.deleteKeysOf,
      // @ts-expect-error records
      ({ registry }: LeaveView) => registry.leaves.of(2).delete,
      // @ts-expect-error a certificate
      ({ vault }: LeaveView) => vault.run('', (one) => Promise.resolve(one.pki('ca/server').revoke)),
      // @ts-expect-error a log-in
      ({ vault }: LeaveView) => vault.run('', (one) => Promise.resolve(one.auth.deleteCertRole)),
    ];
    expect(changes).to.have.length(11);
    const host = readOnlyHost();
    for (const name of ['writeFile', 'cutConnections', 'restartUnit']) expect(host).to.not.have.property(name);
    expect(await host.readText('/nowhere')).to.equal(undefined);
  });
});

import { readOnlyHost } from '@neco/host-installer';
import { expect } from 'chai';
import type { LeaveView } from '../../src/leave/leave-context.ts';

type Has<T, Name extends string> = Name extends keyof T ? true : false;
type VaultOf = Parameters<Parameters<LeaveView['vault']['run']>[1]>[0];

describe('what a dry run of leave works with', () => {
  it('has no function that changes this server, etcd, the registry or Vault', () => {
    // The compiler decides: with such a function, a line below has to be `true`.
    const changes: {
      writesFiles: Has<LeaveView['host'], 'writeFile' | 'writeFiles' | 'removeFile' | 'makeDirectory'>;
      cutsConnections: Has<LeaveView['host'], 'cutConnections'>;
      restartsUnits: Has<LeaveView['host'], 'restartUnit' | 'stopUnit' | 'disableUnit'>;
      removesMembers: Has<LeaveView['etcd'], 'removeMember' | 'moveLeader' | 'snapshot'>;
      deletesUsers: Has<LeaveView['etcd'], 'deleteUser' | 'ensureUser'>;
      callsEtcd: Has<LeaveView['etcd'], 'call'>;
      writesRecords: Has<ReturnType<LeaveView['registry']['leavePlans']['at']>, 'put' | 'update' | 'delete'>;
      deletesKeys: Has<LeaveView['registry'], 'deleteKeysOf' | 'withLock'>;
      deletesRecords: Has<LeaveView['registry']['leaves'], 'delete'>;
      revokes: Has<ReturnType<VaultOf['pki']>, 'revoke' | 'revokeAll' | 'sign'>;
      deletesLogIns: Has<VaultOf['auth'], 'deleteCertRole' | 'revokeAccessor'>;
    } = {
      writesFiles: false,
      cutsConnections: false,
      restartsUnits: false,
      removesMembers: false,
      deletesUsers: false,
      callsEtcd: false,
      writesRecords: false,
      deletesKeys: false,
      deletesRecords: false,
      revokes: false,
      deletesLogIns: false,
    };
    expect(Object.values(changes)).to.not.include(true);
    const host = readOnlyHost();
    for (const name of ['writeFile', 'cutConnections', 'restartUnit'])
      expect(host).to.not.have.property(name);
  });
});

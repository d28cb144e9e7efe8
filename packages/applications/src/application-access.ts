import type { Application, BootServer } from '@neco/bootserver-registry';
import type { Vault } from '@neco/vault-pki';
import { applicationMount, applicationPrefix, applicationRole, type AccessMeans } from '@neco/cluster-access';

/** The right of a role of etcd to a range of keys. */
export interface EtcdRight {
  access: string;
  from: string;
  to: string;
}

/** What is there of one application in etcd and Vault, to look at; it has no means to change anything. */
export interface ApplicationReader {
  /** The roles of its user in etcd; undefined when there is no such user. */
  userRoles(): Promise<string[] | undefined>;
  /** The rights of its role in etcd; undefined when there is no such role. */
  roleRights(): Promise<EtcdRight[] | undefined>;
  /** The fields in which its signing role is not as it should be; undefined when there is none. */
  signingRoleFaults(): Promise<string[] | undefined>;
  /** The text of a policy of Vault. */
  policy(name: string): Promise<string | undefined>;
  record(): Promise<Application | undefined>;
  bootServers(): Promise<BootServer[]>;
  /** How many keys lie under its prefix. */
  countKeys(): Promise<number>;
}

/** The same, to change it as well. Each change is made once: done again it leaves things alone. */
export interface ApplicationWriter extends ApplicationReader {
  ensureUser(): Promise<void>;
  ensureRole(): Promise<void>;
  ensureSigningRole(): Promise<void>;
  writePolicy(name: string, text: string): Promise<void>;
  writeRecord(application: Application): Promise<void>;
  deleteUser(): Promise<void>;
  deleteRole(): Promise<void>;
  deleteSigningRole(): Promise<void>;
  revoke(serial: string): Promise<void>;
  deleteRecord(): Promise<void>;
}

export function readApplication(name: string, { etcd, registry, session }: AccessMeans): ApplicationReader {
  const vault = <T>(work: (vault: Vault) => Promise<T>): Promise<T> => session.run('Vault to answer', work);
  return {
    userRoles: () =>
      etcd.call(`read the user ${name}`, async ({ auth }) => {
        if (!(await auth.userList()).users.includes(name)) return undefined;
        return (await auth.userGet({ name })).roles;
      }),
    roleRights: () =>
      etcd.call(`read the role ${name}`, async ({ auth }) => {
        if (!(await auth.roleList()).roles.includes(name)) return undefined;
        const { perm } = await auth.roleGet({ role: name });
        return perm.map(({ permType, key, range_end: end }) => ({
          access: permType.toUpperCase(),
          from: key.toString(),
          to: end.toString(),
        }));
      }),
    signingRoleFaults: () =>
      vault((one) => one.pki(applicationMount).signingRoleFaults(name, applicationRole(name))),
    policy: (policy) => vault((one) => one.system.policy(policy)),
    record: () => registry.application(name),
    bootServers: () => registry.bootServers(),
    countKeys: () =>
      etcd.call(`count the keys of ${name}`, (client) =>
        client.getAll().prefix(applicationPrefix(name)).count(),
      ),
  };
}

export function changeApplication(name: string, means: AccessMeans): ApplicationWriter {
  const { etcd, registry, session } = means;
  const vault = async (work: (vault: Vault) => Promise<unknown>): Promise<void> => {
    await session.run('Vault to answer', work);
  };
  return {
    ...readApplication(name, means),
    ensureUser: () => etcd.ensureUser(name, [name]),
    ensureRole: () => etcd.ensureRole(name, [{ prefix: applicationPrefix(name), access: 'readwrite' }]),
    ensureSigningRole: () =>
      vault((one) => one.pki(applicationMount).ensureSigningRole(name, applicationRole(name))),
    writePolicy: (policy, text) => vault((one) => one.system.ensurePolicy(policy, text)),
    writeRecord: async (application) => {
      await registry.putApplicationIfAbsent(application);
    },
    deleteUser: () =>
      etcd.call(`delete the user ${name}`, async ({ auth }) => {
        if ((await auth.userList()).users.includes(name)) await auth.userDelete({ name });
      }),
    deleteRole: () =>
      etcd.call(`delete the role ${name}`, async ({ auth }) => {
        if ((await auth.roleList()).roles.includes(name)) await auth.roleDelete({ role: name });
      }),
    deleteSigningRole: () => vault((one) => one.pki(applicationMount).deleteSigningRole(name)),
    revoke: (serial) => vault((one) => one.pki(applicationMount).revoke({ serial })),
    deleteRecord: () => registry.deleteApplication(name),
  };
}

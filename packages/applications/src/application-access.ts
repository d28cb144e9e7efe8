import type { Application, BootServer } from '@neco/bootserver-registry';
import type { Vault } from '@neco/vault-pki';
import {
  applicationMount,
  applicationPrefix,
  applicationRole,
  type Administration,
} from '@neco/cluster-access';

/** The right of a role of etcd to a range of keys. */
export interface EtcdRight {
  access: string;
  from: string;
  to: string;
}

/** What is there of one application in etcd and Vault, to look at; it has no means to change anything. */
export interface ApplicationReader {
  /** What the keys of the registered boot servers begin with. */
  readonly bootServersFolder: string;
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
  /** Grants what is missing, and revokes the right to read the boot servers where it is not wanted. */
  ensureRole(wanted: { readsBootServers: boolean }): Promise<void>;
  ensureSigningRole(): Promise<void>;
  writePolicy(name: string, text: string): Promise<void>;
  /** Writes the record, or changes what it says about the boot servers. */
  writeRecord(application: Application): Promise<void>;
  deleteUser(): Promise<void>;
  deleteRole(): Promise<void>;
  deleteSigningRole(): Promise<void>;
  deleteRecord(): Promise<void>;
}

export function readApplication(
  name: string,
  { etcd, registry, vault: session }: Administration,
): ApplicationReader {
  const vault = <T>(work: (vault: Vault) => Promise<T>): Promise<T> => session.run('Vault to answer', work);
  return {
    bootServersFolder: registry.bootServers.folder,
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
    record: () => registry.applications.at(name).get(),
    bootServers: () => registry.bootServers.list(),
    countKeys: () =>
      etcd.call(`count the keys of ${name}`, (client) =>
        client.getAll().prefix(applicationPrefix(name)).count(),
      ),
  };
}

export function changeApplication(name: string, means: Administration): ApplicationWriter {
  const { etcd, registry, vault: session } = means;
  const vault = async (work: (vault: Vault) => Promise<unknown>): Promise<void> => {
    await session.run('Vault to answer', work);
  };
  const reader = readApplication(name, means);
  return {
    ...reader,
    ensureUser: () => etcd.ensureUser(name, [name]),
    async ensureRole({ readsBootServers }) {
      const folder = reader.bootServersFolder;
      const right = (await reader.roleRights())?.find(({ from }) => from === folder);
      const isMissing = right === undefined || right.access === 'WRITE';
      await etcd.ensureRole(name, [
        { prefix: applicationPrefix(name), access: 'readwrite' },
        ...(readsBootServers && isMissing ? [{ prefix: folder, access: 'read' } as const] : []),
      ]);
      if (readsBootServers || right?.access !== 'READ') return;
      const range = { key: Buffer.from(right.from), range_end: Buffer.from(right.to) };
      await etcd.call(`revoke the right of ${name} to ${folder}`, ({ auth }) =>
        auth.roleRevokePermission({ role: name, ...range }),
      );
    },
    ensureSigningRole: () =>
      vault((one) => one.pki(applicationMount).ensureSigningRole(name, applicationRole(name))),
    writePolicy: (policy, text) => vault((one) => one.system.ensurePolicy(policy, text)),
    async writeRecord(application) {
      const record = registry.applications.at(name);
      if (await record.create(application)) return;
      const { readsBootServers = false } = application;
      await record.update((there) => ({ ...there, readsBootServers }));
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
    deleteRecord: async () => {
      await registry.applications.at(name).delete();
    },
  };
}

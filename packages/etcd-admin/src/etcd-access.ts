import {
  EtcdRoleExistsError,
  EtcdUserExistsError,
  EtcdUserNotFoundError,
  Range,
  type Etcd3,
  type IPermission,
  type Permission,
} from 'etcd3';

/** The right to all keys that begin with a prefix. */
export interface KeyPermission {
  prefix: string;
  access: 'read' | 'write' | 'readwrite';
}

/** Creates the role if it does not exist and grants what it lacks; a right of another kind to the same range is replaced. */
export async function ensureRole(
  client: Etcd3,
  name: string,
  permissions: readonly KeyPermission[],
): Promise<void> {
  const isNew = await adds(EtcdRoleExistsError, () => client.auth.roleAdd({ name }));
  const perm = isNew ? [] : (await client.auth.roleGet({ role: name })).perm;
  for (const wanted of permissions.map(toPermission)) {
    if (!perm.some((has) => isSame(has, wanted)))
      await client.auth.roleGrantPermission({ name, perm: wanted });
  }
}

/** Creates the user if it does not exist, without a password, and gives it the roles that it lacks. */
export async function ensureUser(client: Etcd3, name: string, roles: readonly string[]): Promise<void> {
  // A look costs etcd as much as a change: both go through the quorum.
  const isNew = await adds(EtcdUserExistsError, () =>
    client.auth.userAdd({ name, options: { no_password: true } }),
  );
  const has = isNew ? [] : (await client.auth.userGet({ name })).roles;
  for (const role of roles) {
    if (!has.includes(role)) await client.auth.userGrantRole({ user: name, role });
  }
}

/** The roles of a user; undefined when there is no such user. */
export async function userRoles(client: Etcd3, name: string): Promise<string[] | undefined> {
  try {
    return (await client.auth.userGet({ name })).roles;
  } catch (error) {
    if (error instanceof EtcdUserNotFoundError) return undefined;
    throw error;
  }
}

/** Deletes the user if it exists. */
export async function deleteUser(client: Etcd3, name: string): Promise<void> {
  try {
    await client.auth.userDelete({ name });
  } catch (error) {
    if (!(error instanceof EtcdUserNotFoundError)) throw error;
  }
}

/** @returns false when the object exists already, which etcd reports by this error. */
async function adds(
  Exists: new (message: string) => Error,
  add: () => PromiseLike<unknown>,
): Promise<boolean> {
  try {
    await add();
    return true;
  } catch (error) {
    if (error instanceof Exists) return false;
    throw error;
  }
}

function toPermission({ prefix, access }: KeyPermission): IPermission {
  const { start, end } = Range.prefix(prefix);
  const kinds = { read: 'Read', write: 'Write', readwrite: 'Readwrite' } as const satisfies Record<
    string,
    keyof typeof Permission
  >;
  return { permType: kinds[access], key: start, range_end: end };
}

function isSame(one: IPermission, other: IPermission): boolean {
  return (
    one.permType.toUpperCase() === other.permType.toUpperCase() &&
    one.key.equals(other.key) &&
    one.range_end.equals(other.range_end)
  );
}

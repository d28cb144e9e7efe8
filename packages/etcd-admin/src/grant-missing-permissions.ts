import { EtcdRoleExistsError, Range, type Etcd3, type IPermission, type Permission } from 'etcd3';
import { adds } from './adds.ts';

/** The right to all keys that begin with a prefix. */
export interface KeyPermission {
  prefix: string;
  access: 'read' | 'write' | 'readwrite';
}

/** Makes the role if it is not there and grants what it lacks; a right to the same range of another kind is replaced. */
export async function grantMissingPermissions(
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

/** What gives the boot servers their rights in etcd again, and turns etcd auth on. */
export const repairAccessCommand = 'neco etcd repair-access';

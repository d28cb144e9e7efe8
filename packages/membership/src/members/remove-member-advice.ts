/**
 * The command that removes a member of etcd which is no boot server's, so that `neco leave` cannot name it.
 * @param id hexadecimal
 */
export function removeMemberAdvice(id: string): string {
  return `etcdctl member remove ${id}, with a certificate for root (which a Vault administrator signs: vault write ca/etcd-client/sign/root csr=@REQUEST common_name=root)`;
}

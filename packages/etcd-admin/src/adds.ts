/** Adds something. @returns false when it is there already, which etcd says by this error. */
export async function adds(
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

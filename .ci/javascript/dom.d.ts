// What TypeScript cannot know about the pages: a selector says which kind of element it finds, and @noble/hashes is
// served to the pages without being installed here.

interface ParentNode {
  querySelector<E extends Element = any>(selectors: string): E | null;
  querySelectorAll<E extends Element = any>(selectors: string): NodeListOf<E>;
}

interface Element {
  closest<E extends Element = any>(selectors: string): E | null;
}

declare module "*/noble-hashes/argon2.js" {
  export function argon2idAsync(
    password: Uint8Array,
    salt: Uint8Array,
    options: { t: number; m: number; p: number; dkLen: number },
  ): Promise<Uint8Array<ArrayBuffer>>;
}

import { randomBytes } from 'node:crypto';

/** Short enough to type, long enough not to collide: 40 bits as 8 letters and digits. */
export function newId(): string {
  return randomBytes(5).toString('hex').slice(0, 8);
}

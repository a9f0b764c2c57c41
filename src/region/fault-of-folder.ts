import { Refusal } from '../documents/refusal.ts';

/** Turns what the file system says of the data folder into a refusal that says what to do; passes on everything else. */
export function explainFolder(error: unknown, folder: string): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const say = (refusalCode: string, sentence: string): Refusal => new Refusal('unavailable', refusalCode, sentence);
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return say(
        'DISK-FULL',
        `The disk that holds ${folder} is full. Free at least 200 MB there, or choose another place with --data.`,
      );
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return say(
        'FOLDER-NOT-WRITABLE',
        `This account may not write in ${folder}. Give it the right to, or choose another place with --data.`,
      );
    case 'ENOTDIR':
    case 'EEXIST':
      return say('FOLDER-IS-FILE', `${folder}, or a part of it, is a file. Choose another place with --data.`);
    default:
      return error;
  }
}

// Tries Selat against asx-rs alone: the same as `npm run test:interop asx-rs`.
process.argv.splice(2, 0, 'asx-rs');
await import('./run.ts');

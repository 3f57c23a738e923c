#!/usr/bin/env node
if (Number(process.versions.node.split('.')[0]) < 24) {
  console.error(
    'microgateway needs Node.js 24 or later, and this is Node.js ' +
      process.versions.node +
      ': start it with "npm start" or "npm run microgateway" (they use the Node.js that "npm ci" brought along), ' +
      'or install a newer one from https://nodejs.org.',
  )
  process.exitCode = 78
} else {
  // Halves the time to start. The folder is as trustworthy as the code beside it; the system's temporary folder would not be.
  const cache = `${import.meta.dirname}/../node_modules/.cache/node-compile-cache`
  process.getBuiltinModule('node:module').enableCompileCache(cache)
  import('./main.ts').catch(defect => {
    console.error(defect)
    process.exitCode = 70
  })
}

// The entry of every way to start: plain JavaScript in old syntax, without a static import, so that an old Node.js still gets to the
// check above. Its first statement is that check. Everything else is in main.ts.

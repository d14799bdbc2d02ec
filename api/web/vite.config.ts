import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { type Plugin } from 'vite'
import { defineConfig } from 'vitest/config'

const dist = join(import.meta.dirname, 'dist')

// embedded leaves in dist what web.go embeds besides the page: every file
// compressed once and for all, and the .keep that lets go:embed find a file
// in a fresh checkout.
function embedded(): Plugin {
  return {
    name: 'phukin-embedded',
    apply: 'build',
    closeBundle() {
      mkdirSync(join(dist, 'assets'), { recursive: true })
      for (const name of ['index.html', ...readdirSync(join(dist, 'assets')).map((f) => join('assets', f))]) {
        const file = join(dist, name)
        writeFileSync(file + '.gz', gzipSync(readFileSync(file), { level: 9 }))
      }
      writeFileSync(join(dist, '.keep'), '')
    },
  }
}

export default defineConfig({
  base: './',
  plugins: [svelte({ configFile: false }), embedded()],
  build: {
    outDir: 'dist',
    target: ['chrome91', 'firefox91', 'safari15'],
    modulePreload: { polyfill: false },
    assetsInlineLimit: 8192,
    sourcemap: false,
  },
  server: {
    // The shared words stand outside of this directory, in hub/wire/texts.
    fs: { allow: ['.', '../../hub/wire/texts'] },
    proxy: { '/api': process.env.HUB_URL ?? 'http://127.0.0.1:8080' },
  },
  test: { include: ['test/unit/**/*.test.ts'] },
})

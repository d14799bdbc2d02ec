// The language of the page and its words. The page's own words stand in
// src/i18n; what statuses, faults, rungs, reasons and hints are called stands
// in hub/wire/texts and is shared with agent, hub and reports.

import wireEn from '../../../../hub/wire/texts/en.json'
import wireVi from '../../../../hub/wire/texts/vi.json'
import en from '../i18n/en.json'
import vi from '../i18n/vi.json'
import type { Lang, Text } from './api'
import { duration } from './duration'
import * as format from './format'
import { fill, type Values } from './message'

export type Key = keyof typeof vi
type Shelf = keyof typeof wireVi

const PAGE: Record<Lang, Record<Key, string>> = { vi, en }
const WIRE: Record<Lang, Record<Shelf, Record<string, string>>> = { vi: wireVi, en: wireEn }
const STORED = 'phukin.lang'

class Language {
  #lang = $state<Lang>(remembered())
  /** Time zone of the plan; all moments are written in it. */
  zone = $state('Asia/Ho_Chi_Minh')

  get lang(): Lang {
    return this.#lang
  }

  set lang(lang: Lang) {
    this.#lang = lang
    try {
      localStorage.setItem(STORED, lang)
    } catch {
      // A browser that stores nothing still switches, until the page is left.
    }
    const url = new URL(location.href)
    if (url.searchParams.has('lang')) {
      url.searchParams.set('lang', lang)
      history.replaceState(null, '', url)
    }
  }
}

function remembered(): Lang {
  const asked = new URLSearchParams(location.search).get('lang')
  if (asked === 'vi' || asked === 'en') return asked
  try {
    return localStorage.getItem(STORED) === 'en' ? 'en' : 'vi'
  } catch {
    return 'vi'
  }
}

export const language = new Language()

/** t is a message of the page; count chooses the form of "one|many". */
export function t(key: Key, values?: Values, count?: number): string {
  return fill(PAGE[language.lang][key], values, count)
}

/** wire is a word of the contract; a code that is not known is shown as it is. */
export function wire(shelf: Shelf, code: string): string {
  return WIRE[language.lang][shelf][code] ?? code
}

/** own picks a text of the plan; one that was left out gives the other. */
export function own(text: Text | undefined): string {
  return text?.[language.lang] || text?.vi || text?.en || ''
}

export const num = (value: number, digits = 0) => format.number(language.lang, value, digits)
export const pct = (ratio: number | undefined, digits = 1) =>
  ratio === undefined ? t('figure.none') : format.percent(language.lang, ratio, digits)
export const len = (metres: number) => format.length(language.lang, metres)
export const km = (metres: number) => format.kilometres(language.lang, metres)
export const span = (seconds: number) => duration(language.lang, seconds)
export const dateTime = (moment: Date) => format.dateTime(moment, language.zone)
export const time = (moment: Date) => format.time(moment, language.zone)
export const since = (moment: Date) => format.since(moment, language.zone)
export const zoneName = (moment: Date) => format.zoneName(moment, language.zone)

/* The real cookieconsent, with two categories to ask about. Its own banner has no button that only closes it. */
CookieConsent.run({
  hideFromBots: false, // a driven browser says that it is one
  categories: { necessary: { enabled: true, readOnly: true }, analytics: {}, marketing: {} },
  language: {
    default: 'en',
    translations: {
      en: {
        consentModal: {
          title: 'Cookies', description: 'May we? <button class="close" type="button">Later</button>',
          acceptAllBtn: 'Accept', acceptNecessaryBtn: 'Reject', showPreferencesBtn: 'Settings',
        },
        preferencesModal: {
          title: 'Settings', acceptAllBtn: 'Accept', acceptNecessaryBtn: 'Reject', savePreferencesBtn: 'Save',
          closeIconLabel: 'Close',
          sections: [
            { title: 'Statistics', description: 'Counts.', linkedCategory: 'analytics' },
            { title: 'Marketing', description: 'Sells.', linkedCategory: 'marketing' },
          ],
        },
      },
    },
  },
});
document.addEventListener('click', ({ target }) => target.matches('#cc-main .close') && CookieConsent.hide());
document.querySelector('#settings').addEventListener('click', () => CookieConsent.showPreferences());

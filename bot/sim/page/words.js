// What the page itself says, in the language of whoever looks at it.

const WORDS = {
  en: {
    dir: "ltr",
    attach: "Send a file",
    about: "A demo on your own computer: no account, no internet, and nothing is saved.",
    back: "All chats",
    bot: "bot",
    channel: "channel",
    commands: "Commands",
    down: "To the newest message",
    edited: "edited",
    general: "General",
    group: "group",
    offline: "The bot is not running. Waiting for it…",
    ok: "OK",
    placeholder: "Message, or / for commands",
    reply: "Reply",
    replying: "Reply to",
    cancel: "Cancel",
    send: "Send",
    theme: "Light or dark",
    today: "Today",
    yesterday: "Yesterday",
    failed: "Not sent: the bot can't be reached",
  },
  ar: {
    dir: "rtl",
    attach: "إرسال ملف",
    about: "نسخة تجريبية على جهازك: بلا حساب ولا إنترنت، ولا يُحفظ منها شيء.",
    back: "كل المحادثات",
    bot: "بوت",
    channel: "قناة",
    commands: "الأوامر",
    down: "إلى أحدث رسالة",
    edited: "معدّلة",
    general: "عام",
    group: "مجموعة",
    offline: "البوت متوقف. ننتظر عودته…",
    ok: "حسنًا",
    placeholder: "اكتب رسالة، أو / للأوامر",
    reply: "رد",
    replying: "رد على",
    cancel: "إلغاء",
    send: "إرسال",
    theme: "فاتح أو داكن",
    today: "اليوم",
    yesterday: "أمس",
    failed: "تعذّر الإرسال: لا يمكن الوصول إلى البوت",
  },
};

export const speaks = (language) => (language || "").startsWith("ar") ? "ar" : "en";
export const words = (language) => WORDS[speaks(language)];

/** "14:05" */
export const clock = (seconds, language) =>
  new Date(seconds * 1000).toLocaleTimeString(locale(language), { hour: "2-digit", minute: "2-digit", hour12: false });

/** "Today", "Yesterday", "19 January" */
export function day(seconds, language) {
  const then = new Date(seconds * 1000);
  const midnight = new Date();
  midnight.setHours(0, 0, 0, 0);
  if (then >= midnight) return words(language).today;
  if (midnight - then <= 86_400_000) return words(language).yesterday;
  return then.toLocaleDateString(locale(language), { day: "numeric", month: "long" });
}

const locale = (language) => speaks(language) === "ar" ? "ar-LB-u-nu-latn" : "en-GB";

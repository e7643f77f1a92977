//! Fills `page.html`: static text once a language, the style, the script, and the policy that allows only these.

use base64ct::{Base64, Encoding};
use serde_json::json;
use sha2::{Digest, Sha256};
use tipline_wire::sentences::{self, Language};
use tipline_wire::site::{PLACEHOLDER, UNFILLED};

use super::locale::{Class, Locale};
use crate::run::Result;

const EACH: (&str, &str) = ("{{each-language}}\n", "{{end}}\n");
/// What only a draft shows.
const DRAFT: (&str, &str) = ("{{draft}}\n", "{{end-draft}}\n");

/// Fills the template. The first locale is the one that is shown before anybody chooses.
pub(crate) fn fill(template: &str, locales: &[Locale], style: &str, script: &str) -> Result<String> {
    let default = locales.first().ok_or("no locale was found")?;
    let style = style.to_owned() + &language_rules(locales);
    let mut page = each_language(template, locales)?;
    let filled = [
        ("default", default.tag.as_str()),
        ("policy", &policy(&style, script)),
        ("chooser", &chooser(locales)),
        ("form-answers", &form_answers(locales)?),
        ("style", &style),
        ("script", script),
    ];
    for (name, value) in filled {
        let marker = format!("{{{{{name}}}}}");
        if page.matches(&marker).count() != 1 {
            return Err(format!("page.html must hold {marker} once").into());
        }
        page = page.replacen(&marker, value, 1);
    }
    match page.matches(PLACEHOLDER).count() {
        // The server and the desk take such a page for the source.
        _ if page.contains(UNFILLED) => Err(format!("the filled page still holds {UNFILLED}").into()),
        1 => Ok(page),
        _ => Err(format!("page.html must hold {PLACEHOLDER} once").into()),
    }
}

/// The policy of the page and of the response's header, which adds `frame-ancestors`: a meta element must not hold that.
/// `img-src data:` lets the empty icon be, so that no browser asks the letterbox for one.
fn policy(style: &str, script: &str) -> String {
    let hash = |text: &str| format!("'sha256-{}'", Base64::encode_string(&Sha256::digest(text)));
    format!(
        "default-src 'none'; script-src {} 'wasm-unsafe-eval'; style-src {}; img-src data:; connect-src 'self'; form-action 'self'; \
         base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
        hash(script),
        hash(style),
    )
}

/// The policy that a finished page says.
pub(crate) fn policy_of(page: &str) -> Option<&str> {
    let (_, rest) = page.split_once("http-equiv=\"Content-Security-Policy\" content=\"")?;
    rest.split_once('"').map(|(policy, _)| policy)
}

fn each_language(template: &str, locales: &[Locale]) -> Result<String> {
    let original = locales.first().ok_or("no locale was found")?;
    let mut page = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once(EACH.0) {
        let (block, after) =
            after.split_once(EACH.1).ok_or("page.html: {{each-language}} without {{end}}")?;
        page += before;
        for locale in locales {
            page += &one_language(block, locale, original)?;
        }
        rest = after;
    }
    Ok(page + rest)
}

/// A safety message of a draft is followed by its original.
fn one_language(block: &str, locale: &Locale, original: &Locale) -> Result<String> {
    let mut filled = without_draft_parts(block, locale)?;
    filled = filled.replace("{{lang}}", &locale.tag).replace("{{dir}}", locale.dir());
    while let Some((_, after)) = filled.split_once("{{") {
        let (key, _) = after.split_once("}}").ok_or("page.html: {{ without }}")?;
        let text =
            locale.fixed(key).ok_or_else(|| format!("page.html names {key}, which is no fixed text"))?;
        let mut text = escape(text);
        if locale.is_draft() && locale.class(key) == Some(Class::Safety) {
            let (tag, dir) = (&original.tag, original.dir());
            let theirs = escape(original.fixed(key).unwrap_or_default());
            text += &format!(" <span class=\"original\" lang=\"{tag}\" dir=\"{dir}\">{theirs}</span>");
        }
        filled = filled.replace(&format!("{{{{{key}}}}}"), &text);
    }
    Ok(filled)
}

fn without_draft_parts(block: &str, locale: &Locale) -> Result<String> {
    let Some((before, after)) = block.split_once(DRAFT.0) else { return Ok(block.to_owned()) };
    let (part, after) = after.split_once(DRAFT.1).ok_or("page.html: {{draft}} without {{end-draft}}")?;
    let part = if locale.is_draft() { part } else { "" };
    Ok([before, part, &without_draft_parts(after, locale)?].concat())
}

/// What the letterbox answers a form with. A draft is marked; the original stands on the same page.
fn form_answers(locales: &[Locale]) -> Result<String> {
    let language = |locale: &Locale| {
        let (name, draft) = (locale.fixed("language-name"), locale.fixed("static-draft-short"));
        serde_json::from_value(json!({
            "lang": locale.tag, "dir": locale.dir(), "name": name, "draft": draft.filter(|_| locale.is_draft()),
            "says": locale.said_by_the_letterbox(),
        }))
        .map_err(|e| format!("{}.ftl: form-answer-…: {e}", locale.tag))
    };
    let languages: Vec<Language> = locales.iter().map(language).collect::<std::result::Result<_, _>>()?;
    Ok(sentences::write(&languages)?)
}

/// Radio buttons that work without scripts; nothing while there is one language only.
fn chooser(locales: &[Locale]) -> String {
    let Some(default) = locales.first().filter(|_| locales.len() > 1) else { return String::new() };
    let title = escape(default.fixed("choose-language").unwrap_or_default());
    let mut html = format!("<fieldset class=\"languages\" aria-label=\"{title}\">\n");
    for (at, locale) in locales.iter().enumerate() {
        let (tag, name) = (&locale.tag, escape(locale.fixed("language-name").unwrap_or(&locale.tag)));
        let checked = if at == 0 { " checked" } else { "" };
        html += &format!(
            "<label><input type=\"radio\" name=\"language\" value=\"{tag}\" id=\"language-{tag}\" autocomplete=\"off\"{checked}><span lang=\"{tag}\" dir=\"{}\">{name}</span></label>\n",
            locale.dir(),
        );
    }
    html + "</fieldset>"
}

/// Shows the chosen language's text only. A browser without `:has` shows the first.
fn language_rules(locales: &[Locale]) -> String {
    let mut rules = String::new();
    for locale in locales.iter().skip(1) {
        let (tag, chosen) = (&locale.tag, format!("body:has(#language-{}:checked)", locale.tag));
        rules += &format!(
            ".in-{tag}, {chosen} [class^=\"in-\"] {{ display: none; }}\n{chosen} .in-{tag} {{ display: revert; }}\n"
        );
        if locale.dir() == "rtl" {
            rules += &format!("{chosen} {{ direction: rtl; }}\n");
        }
    }
    rules
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::{locale::Locale, review::Reviews};

    const TEMPLATE: &str = "<html lang=\"{{default}}\">{{policy}}{{chooser}}<style>{{style}}</style>\n{{each-language}}\n\
        <p class=\"in-{{lang}}\" dir=\"{{dir}}\">{{static-a}}</p>\n{{end}}\n\
        {{form-answers}}<script type=\"application/json\" id=\"documents\">{}</script><script>{{script}}</script>";

    /// What every locale says of a form, as the original has it, without its references to other messages.
    fn answers() -> String {
        let original = include_str!("../../../client-wasm/page/locales/en.ftl");
        let lines = original.lines().filter(|line| line.starts_with("form-answer-"));
        lines.map(|line| line.replace(['{', '}'], "") + "\n").collect()
    }

    fn locale(tag: &str, dir: &str) -> Locale {
        let head =
            format!("## plain\nlanguage-name = {tag}\nlanguage-direction = {dir}\nstatic-a = A \"{tag}\"\n");
        Locale::parse(tag, &(head + &answers())).unwrap()
    }

    fn draft(tag: &str, dir: &str, original: &Locale) -> Locale {
        let text = format!("language-name = {tag}\nlanguage-direction = {dir}\nstatic-a = ئا\n") + &answers();
        Locale::translation(tag, &text, original, &Reviews::parse(tag, "").unwrap()).unwrap()
    }

    #[test]
    fn adding_a_language_is_adding_a_locale() {
        let one = fill(TEMPLATE, &[locale("en", "ltr")], "p{}", "x").unwrap();
        assert!(
            one.contains("<p class=\"in-en\" dir=\"ltr\">A &quot;en&quot;</p>") && !one.contains("radio")
        );
        let two = fill(TEMPLATE, &[locale("en", "ltr"), locale("ug", "rtl")], "p{}", "x").unwrap();
        assert!(two.contains("<p class=\"in-ug\" dir=\"rtl\">A &quot;ug&quot;</p>"));
        assert!(
            two.contains("id=\"language-ug\"") && two.contains("#language-ug:checked) { direction: rtl; }")
        );
    }

    #[test]
    fn a_draft_is_marked_and_what_is_about_safety_is_followed_by_its_original() {
        let head = "## safety\nlanguage-name = en\nlanguage-direction = ltr\nstatic-a = A\n";
        let original = Locale::parse("en", &(head.to_owned() + &answers())).unwrap();
        let template = TEMPLATE.replace(
            "{{end}}",
            "{{draft}}\n<b class=\"in-{{lang}}\">not checked</b>\n{{end-draft}}\n{{end}}",
        );
        let ug = draft("ug", "rtl", &original);
        let page = fill(&template, &[original, ug], "", "").unwrap();
        assert!(page.contains("<p class=\"in-en\" dir=\"ltr\">A</p>"));
        assert!(page.contains(
            "<p class=\"in-ug\" dir=\"rtl\">ئا <span class=\"original\" lang=\"en\" dir=\"ltr\">A</span></p>"
        ));
        assert_eq!(page.matches("not checked").count(), 1);
        assert!(page.contains("<b class=\"in-ug\">not checked</b>") && !page.contains("{{"));
    }

    #[test]
    fn there_is_a_slot_for_a_language_that_is_written_downwards() {
        let style = include_str!("../../../client-wasm/page/style.css");
        let page = fill(TEMPLATE, &[locale("en", "ltr"), locale("mn-Mong", "ltr")], style, "").unwrap();
        assert!(
            page.contains("<span lang=\"mn-Mong\" dir=\"ltr\">") && page.contains("<p class=\"in-mn-Mong\"")
        );
        let rule =
            style.lines().find(|line| line.contains(":lang(mn-Mong)") && line.contains("writing-mode"));
        assert!(rule.is_some_and(|rule| rule.contains("vertical-lr")), "{rule:?}");
        assert!(style.contains("Noto Sans Mongolian"));
    }

    #[test]
    fn a_template_without_its_place_for_the_documents_is_refused() {
        let broken = TEMPLATE.replace("documents", "papers");
        assert!(fill(&broken, &[locale("en", "ltr")], "", "").is_err());
        assert!(fill(&TEMPLATE.replace("static-a", "static-b"), &[locale("en", "ltr")], "", "").is_err());
    }
}

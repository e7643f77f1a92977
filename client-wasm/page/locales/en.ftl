### What the page says, in English: the original that every other language is compared with.
###
### Each message is `safety` (a mistake in it can put a person in danger) or `plain`. A group comment names the
### class of all that follow it; a comment right before a message names the class of that message alone.
### The class is said here only and counts for every language: no translation can make a warning harmless.
### `cargo xtask page --check` refuses a message without a class, a missing key, another placeable and any markup.
### Messages whose name begins with `static-` are written into the file when it is built: they are read without scripts.

## plain: the language itself
language-name = English
language-direction = ltr

## safety: first screen, readable without scripts
static-title = Tell us what happened
static-what = This is a private letterbox for people who live abroad and are being threatened, watched or pressed by the state they left.
static-how = What you tell us is locked on your own device before it leaves, and it is opened only on a computer that has never been connected to the internet.
static-keep = We do not ask who you are, and this page keeps nothing on your device.
# plain: stands beside “Leave now” on every screen of a language that is a draft
static-draft-short = Draft
static-draft = This is a draft translation. Nobody has checked it yet. Important sentences are followed by the English original.
static-not-emergency = This is not an emergency line. If somebody may be hurt in the next days, this page is too slow: call the emergency number of the country you are in.
static-where-not = Do not use this page from inside China, and not on a phone that you will take there.
static-promise-title = What this page cannot protect you from
static-promise-device = Somebody who can see your screen, or a spying program on your phone or computer.
static-promise-keyboard = A keyboard that sends what you type to its maker. You can finish without typing: most of this page is only tapping.
static-promise-browser = A browser that is not Tor Browser. Use Tor Browser, and close it when you are done.
static-promise-words = What your message itself says. A detail that only you know can point to you.
static-leave = Leave now
static-no-scripts-title = Scripts are switched off here
static-no-scripts = Tor Browser is set to “Safest”, so this page cannot lock a message for you. Nothing has been sent. Choose the level “Safer” once: open the shield beside the address bar, choose “Safer”, let the browser restart, then come back to this page.
static-form-title = If you already have a locked file
static-form-what = Here you can send one finished file, tip.age, of up to 64 MiB. Never choose a photograph, a text or anything else that is not locked: it would leave your device unlocked.
static-form-how = Such a file is made on a computer, without this page: by the program tipline-seal, or by the well-known programs tar, truncate and age (1.3 or later). The keys of this letterbox are at this address with /intake behind it. Send the file in the week whose keys you used.
static-form-pick = The finished file tip.age
# plain: a button
static-form-send = Send this file

## safety: the line before anybody writes
line-checking = Checking the keys of this letterbox…
line-open = The line is open.
line-open-locked = What you send now is locked with the keys of the week that begins on { $start }. When those keys are destroyed, nobody can open the locked message again.
line-owner = This letterbox belongs to { $org }.
line-fingerprint = To be sure that it is really theirs, compare these six groups with those they have printed or published elsewhere:
line-link-agrees = The address you came by names the same key as this page. They agree.
stop-title = Do not write here now
stop-nothing-sent = Nothing was sent.
stop-no-documents = This copy of the page does not belong to a letterbox: it has no keys in it. Open the page at the address that you were given.
stop-malformed = The keys of this letterbox cannot be read. The page may have been damaged on its way, or changed by somebody. Close it, open Tor Browser again and try once more. If you see this again, do not send anything; tell the organisation by another way.
stop-wrong-signature = The keys of this letterbox are not signed by its owner. Somebody may have changed this page. Do not send anything. If you can, tell the organisation by another way.
stop-another-site = This page carries the keys of another address ({ $site }). You are at { $host }. Somebody may have copied the page. Do not send anything here.
stop-link-disagrees = This link and this letterbox disagree: the address you came by names another key than this page does. Do not send anything. Get the address again from the organisation, by another way.
stop-clock = The clock of this device says { $today }. That cannot be right. Set the date of the device, then load this page again.
stop-closed = This line is closed: its keys ran out on { $since }. That is our fault, not yours.
stop-not-open-yet = This line is not open yet. It opens on { $from }.
stop-engine = This browser could not start the part that locks messages. Use Tor Browser in its newest version.
stop-random = This browser gave no usable random numbers, so nothing can be locked safely here. Use Tor Browser in its newest version.

## plain: buttons
button-tell = Tell us
button-leave = Leave now
button-send = Lock and send
button-again = Try again
button-stop = Stop
button-back = Back to the form
button-reload = Load the page again
button-more = Add photographs or more words to this message
button-more-list = More to choose from
button-fewer = Show fewer
button-remove = Remove
button-add-relative = Add relatives or friends
button-add-handle = Add another
button-add-files = Choose pictures or other files
button-here = I am still here
button-exact-day = I need to give the exact day
button-exact-region = Choose the prefecture
choose-language = Language
choose = Choose…
leave-title = Leave this page and clear it
## safety: leaving
leave-hint = “{ button-leave }” clears this page at once. Pressing the Esc key twice does the same. When nobody touches the page for ten minutes, it asks, and a minute later it clears itself. Closing Tor Browser does the rest.

## plain: the form
form-title = What happened?
form-hint = Tick what fits. You can leave out anything you like. Nothing is sent until you press “{ button-send }”.
form-minimum = Enough to send: one thing ticked under “{ field-incident }”, or a few words, or one file.
form-more = More: other lists, your own words, pictures
form-more-hint = All of this is optional.
field-incident = What was done?
field-when = When?
field-where = Where were you?
field-consent = What may we do with it?
field-teller = Whom did it happen to?
field-urgency = How urgent is it?
field-channel = How did they reach you or the others?
field-actor = Who did it?
field-actor_basis = How do you know who it was?
field-actor_handles = Numbers or accounts that they used
field-frequency = How often?
field-demand = What did they want?
field-effect = What did it do to you or the others?
field-community = Community
field-role = What the person does
field-reported = Was it reported?
field-response = What was the answer?
field-relatives = Relatives or friends who were pressed
field-relative-kind = Who
field-relative-region = Where they are
field-relative-incident = What was done to them
field-year = Year
field-month = Month
field-quarter = Part of the year
field-day = Day
field-country = Country
field-region = Region
field-prefecture = Prefecture
field-city = City or town
field-story = In your own words
field-files = Pictures and other files
quarter-1 = January to March
quarter-2 = April to June
quarter-3 = July to September
quarter-4 = October to December
group-relative = Relatives or friends, group { $number }

## safety: warnings beside the fields
warn-when = The person who did this knows the exact day. A month is usually enough.
warn-day = The exact day can point to you.
warn-city = In a small community a city can identify you. You can leave it empty.
warn-urgency = This is not an emergency line. It is read on fixed days, not at once.
warn-urgency-now = If somebody may be hurt in the next days, this page is too slow. Call the emergency number of the country you are in, or somebody you trust.
warn-handles = Only theirs, never your own. If only you were given it, it can point to you.
warn-community = Leave this empty if few people from your community live near you.
warn-relatives = No names and no addresses of relatives.
warn-reported = No case number: it is filed under your name.
warn-danger = This can point to the person it happened to. Tick it only if that is all right.

## safety: consent
consent-hint = We share nothing that you do not tick. A court, a search or a theft could take our computers all the same; that is why you should leave out names.
consent-read = Only read it. Use it for nothing else.
consent-count = Also count it, together with others.
consent-choose = I want to choose more.
consent-only-after = The year before which nothing may be shared
consent-only-after-missing = You ticked “only after a year”. Choose the year, or take the tick away.
consent-not-asked = Without a year nothing is shared.

## safety: before the story
story-hint = You can leave this empty. If you write:
story-warn-names = No names, addresses or numbers of you or your family.
story-warn-exact = Not the exact words that were said to you, if only you heard them.
story-warn-keyboard = Keyboards of several makers send what is typed to a server. You can finish without typing.
story-warn-translate = Do not use a translation web site. Write in your own language.
story-warn-wechat = Tell nobody on WeChat, or in any other chat, that you wrote to us.
story-left = Room left: { $bytes } bytes.
story-over = This is { $bytes } bytes too long. Shorten it, then you can send.
note-digits = There is a long number in what you wrote. If it is a telephone, account or case number of you or your family, take it out.
note-email = There is an e-mail address in what you wrote. If it is yours or your family’s, take it out.
note-link = There is a link in what you wrote. A link to a private page or chat can point to you.
note-date = There is an exact date in what you wrote. The person who did this knows that day too. A month is usually enough.
note-id = There is something in what you wrote that looks like the number of an identity card or passport. If it is yours or your family’s, take it out.

## safety: files
files-hint = You can leave this out. Pictures, films and recordings lose their hidden data (place, device, time, names) here, on your device, before they are locked.
files-warn-picture = A screenshot of a chat shows your name, your picture and the exact time. Cover them before, or tick what was said instead.
files-warn-voice = What can be seen or heard stays in it. A voice is as good as a name.
files-warn-copies = The phone may keep its own copy of a picture that you choose here. Delete pictures you do not need, from the trash too.
file-looking = Looking for hidden data…
file-cleaned-none = No hidden data was found. What can be seen or heard stays.
file-cleaned = Hidden data is removed: { $found }. What can be seen or heard stays.
file-details = What it said
file-form = How to send it
file-form-cleaned = Without hidden data
file-form-original = Unchanged, as evidence. The hidden data stays in it.
file-unknown = This kind of file cannot be cleaned here, and it can contain your name. A screenshot of it is safer.
file-pdf = This is a PDF. It can contain your name, also where you do not see it, and it cannot be cleaned here. A screenshot of it is safer.
file-office = This is a document of a word processor or another office program. It can contain your name and words that were deleted, and it cannot be cleaned here. A screenshot of it is safer.
file-zip = This is a package of other files. It can contain your name, and it cannot be cleaned here. Unpack it and choose the files one by one.
file-track = This film has a hidden track, in which cameras write places and times, so it cannot be cleaned here. It can contain your name. Play it and record the screen, or take a screenshot.
file-rare = This file is written in a rare way, so its hidden data cannot be removed here. It can contain your name. A screenshot of it is safer.
file-truncated = The end of this file is missing, so its hidden data cannot be removed here. Copy it again from where it came, or take a screenshot of it.
file-damaged = This file is damaged, so its hidden data cannot be removed here. It can contain your name. A screenshot of it is safer.
file-as-is = Send it as it is. It is locked for us; the people who read it will see everything in it.
file-undecided = Choose for “{ $name }”: send it as it is, or remove it.
file-still-looking = “{ $name }” is still being looked at. Wait a moment, then try again.
file-empty = “{ $name }” is empty (0 bytes). It was not added.
file-too-big = “{ $name }” is over 1 GB, more than one message holds. It was not added.
file-too-many = At most { $limit } files can be sent at once. The others were not added.
file-unreadable = “{ $name }” cannot be read any more. It may have been moved, deleted or changed. Remove it here and choose it again. Nothing you wrote is lost.
file-changed = “{ $name }” changed while it was being read. Remove it here and choose it again. Nothing you wrote is lost, and nothing was sent.
found-position = place
found-device = device
found-date = time
found-names = names
found-thumbnail = small preview picture
found-text = words
found-other = other hidden data
size-kb = { $size } KB
size-mb = { $size } MB
together-over = Together the files are over 1 GB, more than one message holds. Remove a file; you can send it in a second message. Nothing you wrote is lost.

## safety: before sending
problem-title = Not sent yet
problem-empty = There is nothing to send yet: tick one thing under “{ field-incident }”, or write a few words, or choose one file.
problem-when = You chose how exactly you know when it was. Choose it in the menus below that, or choose “Not sure”.
problem-long = Your own words are too long by { $bytes } bytes.
problem-report = All fields together are too long by { $bytes } bytes. Shorten your own words.

## safety: sending
send-title = Locking and sending
send-stay = Keep this page open.
send-locking = Locking on this device: { $done } of { $total } KB
send-going = Sending: { $done } of { $total } KB have left this browser
send-parts = Locking and sending: { $done } of { $total } KB have arrived
send-full = The letterbox is full at the moment. What is locked stays here, and it is sent again by itself in { $seconds } seconds.
send-broken = The connection broke. It goes on by itself in { $seconds } seconds with what is missing.
send-waiting = All of it has left this browser. Waiting for the letterbox to say that it is kept…
sent-title = It arrived and is kept
sent-kept = The letterbox has stored your message, still locked. It cannot open it.
sent-next = Now it waits until a courier carries it to a computer that has never been connected to the internet. There a person reads it.
sent-no-answer = Nobody can answer this message, and nobody will try to contact you. You need not come back.
sent-close = Close Tor Browser now. That removes what the browser still remembers.
sent-more-hint = To add pictures or words to the same message, stay on this page. Once it is closed, what you send cannot be connected with this message.
fail-title = It was not confirmed
fail-kept = What you wrote is still here. It is lost when you leave, or when nobody touches this page for ten minutes.
fail-network = The connection broke before the letterbox said that it has your message. It may or may not have arrived. “{ button-again }” sends exactly the same locked message: if it had arrived, it will be kept once, not twice.
fail-half = The connection broke before all of your message had arrived. What arrived is locked, and the letterbox hands out none of it as long as the rest is missing. “{ button-again }” goes on with what is missing.
fail-lost = The letterbox no longer has the parts of your message that had arrived, and they are no longer here either. Your message was not kept. “{ button-again }” locks everything anew and sends it from the beginning.
fail-stopped = You stopped it. It may or may not have arrived.
fail-stopped-half = You stopped it before all of your message had arrived. What arrived is locked, and the letterbox hands out none of it as long as the rest is missing; the letterbox throws it away after about three days. “{ button-again }” goes on with what is missing.
fail-full = The letterbox is full at the moment, also after several tries. Your message was not kept. It may take hours until there is room: “{ button-again }” tries once more, or come back another day.
fail-busy = Something in the letterbox failed before it could say that it has your message. It may or may not have been kept. Wait a few minutes. “{ button-again }” sends exactly the same locked message: if it had been kept, it will be kept once, not twice.
fail-epoch = The keys of the letterbox have changed since this page was loaded, so it did not take the message. Load the page again and tell it once more. Loading it again clears what is here.
fail-next-keys = The week of the keys is over, so the letterbox did not take the message. “{ button-again }” locks it with the keys of the new week and sends it.
fail-not-open = The letterbox has no keys to show at the moment, so it did not take the message. It was not kept. Try again in a few minutes, or come back another day.
fail-refused = The letterbox did not take the message ({ $code }). Trying again with the same message will not help. Go back to the form, or load the page again.
fail-strange = Something answered that is not this letterbox, so the message counts as not arrived. Check the address, then try again.
fail-locking = The message could not be locked on this device ({ $code }). It was not sent. Nothing you wrote is lost. Try again; if it happens again, remove the files and send without them.

## safety: leaving by itself
idle-title = Are you still there?
idle-text = Nobody has touched this page for a while. To protect you it clears itself in { $seconds } seconds, and what you wrote is lost.

## safety: how far the organisation has read
board-asking = Looking how far the messages have been read…
board-slow = It takes long to learn how far the messages have been read. You can wait, or go on without knowing it.
board-network = How far the messages have been read could not be learned: the connection broke, or the letterbox did not answer. Nobody can say here whether this line is being read.
board-strange = Something answered that is not the notice of this letterbox, so nobody can say here how far the messages have been read. If you see this again, somebody may be interfering: ask the organisation by another way.
board-none = There is no notice yet that says how far the messages have been read. That is so while a line is new.
board-none-old = This line has had keys since { $since }, and there is still no notice that anybody has read a message. What you send may not be read.
board-clock = The newest notice of this letterbox is from a day that has not come yet on this device. Look whether its date is right. As long as it is not, nobody can say here how far the messages have been read.
board-opened = What arrived before { $opened } has been opened.
board-dates = What you send today is to be opened around { $reading }. An answer can be here around { $answer } at the earliest.
board-overdue = The next notice was due on { $next } and has not come.
board-neglected = Nobody has opened this line since { $opened }. What you send may not be read.
board-old = This notice is { $days } days old. By now there should be a newer one.
board-notice = { $org } tells everybody:
stop-board-forged = The notice of this letterbox is not signed by its owner. Somebody may have changed what comes to this page. Do not send anything. Load the page again; if you see this again, tell the organisation by another way.
stop-board-intake = The newest notice of this letterbox belongs to other keys than those in this page. Nothing is locked with these. Load the page again; if you see this again, do not send anything and tell the organisation by another way.
button-tell-anyway = I have read this. Tell us all the same
languages-read = They read: { $languages }. A message in another language will wait for a translator we trust.
warn-urgency-days = This is not an emergency line. We read every { $days } days.

## plain: who reads this
button-board-again = Look again
about-title = Who reads this, and another way to reach them
about-responsible = Who is responsible
about-purpose = What the messages are used for
about-kept = How long they are kept
about-rights = Your rights
about-other_way = Another way to reach them

## safety: first the ticks, then the rest of the message
form-send-first = Send what you have ticked first, and add the rest to the same message afterwards. Choosing a picture can make a phone close this page: what was sent before is not lost.
form-title-again = Add to your message
form-hint-again = Tick, write or choose only what is new. It goes as a second locked message, which we put together with the first.
already-title = This is sent already
already-ticked = other things that you ticked
already-words = your own words
already-files = files: { $count }

## safety: after sending
sent-reading = It is to be opened around { $reading }.
sent-come-back = Come back with your receipt around { $answer }, not before: an answer cannot be here earlier.
sent-come-back-some-day = Come back with your receipt in some weeks. When an answer can be here is not known at the moment.
sent-answer-stays = An answer stays for about { $weeks } weeks, or until you write again with the same receipt.
sent-no-proof = There is no number, no time and no proof that you sent anything.
sent-young = If you are under 18: you did nothing wrong, and you need not carry this alone. Talk to a grown-up whom you trust and who has nothing to do with those who threaten you.
sent-support = Somebody who listens

## safety: a saved copy of the page
saved-copy = This is a saved copy of the page.
board-saved = It sends nothing and asks nothing, so it cannot know how far the messages have been read. It locks what you tell into a file, tip.age, which you send later from elsewhere.
saved-form-hint = Tick what fits. You can leave out anything you like. This copy sends nothing: it makes a locked file when you press “{ button-lock }”.
saved-locking = Locking
saved-title = It is locked, and not sent
saved-before = It is locked with the keys of the week that begins on { $start }. Send it before { $until }: after that the letterbox does not take it.
saved-how = To send it, open the page at its address in Tor Browser and choose “{ finished-title }”. Nobody can open the file on the way, you neither.
saved-trace = Saving it leaves a trace on this device: the file and its name, and perhaps a line in the list of downloads. Delete the file and this copy of the page when it is sent.
saved-link = Save the locked file tip.age
button-lock = Lock into a file

## safety: a file that was locked elsewhere
finished-title = I have a locked file (tip.age)
finished-hint = For a file that a saved copy of this page or the program tipline-seal has locked. It is sent as it is.
button-finished-file = Choose the locked file
button-finished-send = Send the locked file
finished-weeks = When was it locked?
finished-week = In the week that begins on { $start }
finished-week-older = Earlier, or I do not know
finished-no-file = Choose the locked file first.
finished-no-week = Choose when it was locked. The file itself does not say it.
finished-too-old = The keys of that week are no longer taken, so perhaps nobody could open the file. It was not kept. Lock everything anew with this page, or with a new copy of it.
finished-not-a-tip = This is not a locked file of this page. It was not sent. A picture or a text must be locked first.
finished-wrong-keys = This file is locked with other keys than those of that week. It was not sent.
button-back-first = Back

## safety: what a browser can refuse
fail-memory = This browser gave the page too little memory to lock that much. It was not sent, and nothing you wrote is lost. Close other tabs and try again, or send with fewer or smaller files.
## safety: what only tipline-seal says, at a terminal
seal-keys = Answer with a number; several numbers with spaces between them. Enter alone leaves a question out. ? explains, * goes back, - empties an answer, q ends: nothing is sent, and the screen is cleared.
seal-screen = Nobody else should see this screen. What you write stays in the memory of this program until it is sent; it writes nothing unlocked to the disk.
seal-read-through = What arrived before { $opened } has been opened. The next answers come on { $next }.
seal-compare = Are these six groups the ones that you have on paper or from another place that you trust?
seal-other-groups = These are not the groups that you have. Do not send anything. Get the address again from the organisation, by another way.
seal-give-up = Give up: nothing is sent
seal-cleared = The screen was cleared. Close this window: some programs keep what a window showed.
seal-kept-here = What you told is still here. It is lost when this program ends.
seal-ask-first = You ticked that we ask you first. Without a receipt we cannot ask you, so we will not do it.
seal-story-not-taken = That last line was not taken. Everything before it is kept.
seal-line-cut = That line was too long for a terminal, and its end may be missing. Look at it before you send, and write the rest as a new line.
seal-receipt-hint = An answer needs a receipt: twelve numbers on paper. Both choices are good.
seal-receipt-new = Yes: show me a new receipt to write down
seal-receipt-old = Yes, and I have a receipt from before
seal-receipt-paper = Write these numbers on paper, between other numbers. No photo, no note on a phone or computer. Who finds them can read our answers and write as you; not what you sent.
seal-receipt-enter = When all twelve are on paper, press Enter: then they are taken off the screen.
seal-receipt-back = Type number { $place } from your paper.
seal-receipt-good = That is right. Nobody else has this receipt, and nobody can give it to you again.
seal-receipt-other = That is another number. Look at all twelve once more.
seal-receipt-type = Type the twelve numbers or words from your paper, in their order.
seal-receipt-count = Those are { $count } numbers or words. A receipt has twelve.
seal-receipt-number = What you typed at place { $place } is not a number from 0000 to 8191.
seal-receipt-word = What you typed at place { $place } is a word that no receipt has.
seal-receipt-probably = Number { $place } is probably { $number }. Look at your paper: is it?
seal-receipt-order = The numbers are right, but in another order. Shall they be put in order?
seal-receipt-wrong = More than one of them is not as on your paper. Look at it, then type all of them again.

## plain: what only tipline-seal says
seal-yes = Yes
seal-no = No
seal-again = That is none of the answers. Nothing was lost; answer again, or type ? for help.
seal-now = So far: { $chosen }. Enter alone keeps it, - empties it.
seal-country = Type the beginning of its name in this language or in English, or its two letters.
seal-enough = This is enough for a message. What now?
seal-go-ticks = More to tick
seal-go-words = Own words and files
seal-go-check = Look at it, then send
seal-story-end = Write line by line. A line with a single dot ends it.
seal-story-keep = Keep what I wrote
seal-story-more = Write more
seal-story-anew = Delete it and write anew
seal-file-path = One file with its folder, or Enter alone when there are no more.
seal-check = This is what will be sent
seal-check-lock = This is what will be locked
seal-change = Change something
## safety: the receipt
receipt-title = Do you want to be able to read an answer?
receipt-what = We do not know who you are, so nobody can write to you. An answer can only lie here, locked, until you come for it.
receipt-not-yet = This page cannot show answers yet. A later version of it will, and a receipt from today will open them.
receipt-want = I want to be able to read an answer
receipt-want-hint = You get a receipt: twelve numbers, to be written on paper. Nothing else opens an answer.
receipt-none = No answer, no receipt
receipt-none-hint = There is nothing to keep and nothing that anybody could find. Nobody can answer you or ask you anything.
receipt-numbers-title = Write these twelve numbers on paper
receipt-write = Write them between other numbers. No photo, no note on the phone.
receipt-finder = Who finds them can read our answers and write as you; not what you sent.
receipt-lost = Nobody can give them to you again. If they are lost, so is the answer.
receipt-order = Row by row, from left to right
receipt-words-hint = If words are easier to keep: they mean the same. A mistake in the numbers is noticed better.
receipt-check-title = Tap number { $place } from your paper
receipt-check-hint = Then you can be sure that it stands there. When it is right, your message is locked and sent.
receipt-wrong = That is not number { $place }. Look at your paper once more, or at the numbers.
receipt-failed = No receipt could be made on this device ({ $code }). Nothing you wrote is lost. Try again, or send without a receipt.
consent-ask = We cannot ask you without a receipt: then we will not do it. You can have one before your message is sent.
sent-answer = Keep your paper. This page cannot show answers yet; a later version of it will. Nobody will try to contact you in another way.

## plain: the receipt
receipt-words = The same receipt as twelve words
receipt-language = Language for the answer
button-receipt = Give me a receipt
button-no-receipt = Send without a receipt
button-written = I have written them down
button-look = Look at the numbers again
button-delete = Delete

## safety: what ends tipline-seal, and what goes wrong there
seal-ended-kept = What you sent before is kept.
seal-ended-half = Not all of your message has arrived. Nobody sees anything of it, and after about three days the letterbox throws away what has arrived.
seal-arrival-unknown = It is not known whether your message has arrived. If it has, and you lock and send it once more, the organisation sees it twice.
seal-fault-proxy = Tor does not answer on this computer ({ $at }). Start Tor or Tor Browser, then try again. With Tor Browser start this program with --socks 127.0.0.1:9150.
seal-fault-way = The way to the letterbox was not found. Check the address, wait a few minutes, then try again.
seal-fault-broken = The connection broke, or it took too long. Try again.
seal-fault-strange = Something answered that is not this letterbox. Check the address, then try again. If you see this again, tell the organisation by another way.
seal-fault-full = The letterbox is full at the moment. Try again in a few hours.
seal-fault-failed = Something in the letterbox failed. Wait an hour, then try again.
seal-fault-week = The letterbox no longer takes messages that are locked with the keys of this week. Look whether the date of this computer is right, then start this program again.
seal-fault-refused = The letterbox did not take the message. Perhaps this program is older than the letterbox.
seal-fault-taken = There is a file { $path } already, perhaps unfinished from an earlier time. Nothing is ever overwritten: choose another name.
seal-fault-disk = It could not be saved as { $path }. Choose another place, where you may write.
seal-fault-disk-full = The disk is full, so { $path } could not be saved. Make room, or choose another place.
seal-fault-other = It did not work. What was wrong stands below, in English.
seal-retry = Not all of it has arrived yet. It goes on by itself in { $seconds } seconds.
seal-saved = It is saved, locked, as { $path }.
seal-later = Send it before { $before }: after that the letterbox does not take it. The command for it stands below.
seal-copies = Delete the copies of pictures and texts that you no longer need.

## plain: the same program's progress
seal-doing-locking = Locking
seal-doing-sending = Sending
seal-no-more = No, that was all
## safety: what the letterbox answers without scripts; a title, then a sentence or two of the others
form-answer-kept = { sent-title }
form-answer-earlier-week = If it was locked in an earlier week, perhaps nobody can open it: then lock it anew and send the new file.
form-answer-close = { sent-close }
form-answer-not-kept = It was not kept.
form-answer-not-open = This line does not take anything yet
form-answer-later = Come back another day.
form-answer-old-keys = The week of its keys is over
form-answer-other-keys = It is locked with other keys than this week’s
form-answer-anew = Load the page again, lock everything anew and send the new file.
form-answer-too-large = It is too large for this way
form-answer-other-way = Here up to 64 MiB can be sent. For more, choose the level “Safer” and use the page, or use the program tipline-seal.
form-answer-full = The letterbox is full at the moment
form-answer-slow = The connection was too slow
form-answer-again = Wait some minutes, then send the same file again.
form-answer-failed = Something in the letterbox failed
form-answer-unknown = It may or may not have been kept. Send the same file again: it will be kept once, not twice.
form-answer-no-tip = This is not a locked file
form-answer-lock-first = If you chose a picture or a text, it came here without a lock, and it was thrown away. Send nothing here but a finished file tip.age.
form-answer-back = { button-back-first }

## safety: when the line grows worse while somebody writes
worse-title = Read this before it is sent
worse-what = What is known of this line is worse now than what you were shown before. Nothing has been sent, and nothing you wrote is lost. You can go on, or lock it into a file and send that another day.
saved-trace-file = Saving it leaves a trace on this device: the file and its name, and perhaps a line in the list of downloads. Delete the file when it is sent.

## safety: whose letterbox this is, looked at more closely
line-compare = Check that this is really their letterbox

## plain: how long it takes yet
send-left-soon = Less than a minute left
send-left-minutes = About { $minutes } min left
send-left-hours = About { $hours } h left

"""What was said in a conversation: every kind of message the API knows, in the customer's language."""

from dataclasses import dataclass, field
from html import escape
from random import Random

from sandbox import people
from sandbox.chatwoot import seed_files
from sandbox.chatwoot.clock import BASE, SECOND
from sandbox.chatwoot.message_writes import DELETED
from sandbox.chatwoot.model import ACTIVITY, INCOMING, OUTGOING, TEMPLATE, Conversation, Json, Message, Sender
from sandbox.chatwoot.state import State

LONG = 130
"""Messages of a long conversation: more than one page of 100."""
LATEST = BASE - 60 * SECOND


@dataclass(slots=True)
class Script:
    """Writes one conversation's messages; ``position`` decides what it shows, the generator the words and times."""

    state: State
    rng: Random
    conversation: Conversation
    position: int
    locale: str
    time: int = field(init=False)

    def __post_init__(self) -> None:
        self.time = self.conversation.created

    def write(self) -> None:
        """All messages; every fiftieth conversation has none."""
        if self.position % 50 == 49:
            return
        self._customer()
        if self.conversation.assignee_id is not None:
            user = self.state.users[self.conversation.assignee_id]
            self._say(ACTIVITY, f"Assigned to {user.name} by Mirthe Oosterling", None)
        for turn in range(self._turns()):
            self._turn(turn)
        self._special()

    def settle(self) -> None:
        """Derives the times of the conversation and its contact from the messages."""
        one = self.conversation
        if one.messages:
            one.last_activity = one.messages[-1].created
        # Some rows carry microseconds that a float shows with noise in its last digits.
        one.updated = one.last_activity + (249_999 if self.position % 5 == 2 else self.rng.randrange(1000) * 1000)
        one.waiting_since = self._waiting_since()
        self._seen([message for message in self._answers() if message.sender and message.sender[0] == "User"])
        received = [message.created for message in one.messages if message.kind == INCOMING]
        if received:
            contact = self.state.contacts[one.contact_id]
            contact.last_activity = max(contact.last_activity or 0, received[-1])

    def _seen(self, human: list[Message]) -> None:
        one = self.conversation
        if human:
            one.first_reply, last = human[0].created, human[-1].created
            one.agent_seen = one.assignee_seen = last + SECOND
            one.contact_seen = last + 5 * SECOND if self.position % 2 else None

    def _answers(self) -> list[Message]:
        return [message for message in self.conversation.messages if message.kind == OUTGOING and not message.private]

    def _waiting_since(self) -> int | None:
        """The first incoming message since the last answer."""
        one, answers = self.conversation, self._answers()
        if one.status == "resolved":
            return None
        answered = answers[-1].id if answers else 0
        waiting = (message.created for message in one.messages if message.kind == INCOMING and message.id > answered)
        return next(waiting, None if one.messages else one.created)

    def _turns(self) -> int:
        if self.position % 6 == 0:
            return 0
        return LONG if self.position % 40 == 5 else self.rng.randrange(1, 7)

    def _turn(self, turn: int) -> None:
        if turn % 4 == 2 and self.position % 2 == 0:
            self._say(OUTGOING, people.note(self.rng), self._agent(), private=True)
        elif turn % 2 == 0:
            message = self._say(OUTGOING, people.reply(self.rng, self.locale), self._agent())
            message.status = self.rng.choice(("sent", "delivered", "read"))
        else:
            self._customer()

    def _special(self) -> None:
        position = self.position
        if position % 7 == 3:
            message = self._say(OUTGOING, "**Zie bijlage** / see attached\\\n- één\n- two", self._agent())
            seed_files.attach(self.state, message, ("pdf", "png"))
        if position % 13 == 6:
            message = self._say(INCOMING, None, self._contact())
            seed_files.attach(self.state, message, ("ogg", "location")[position % 2 :][:1])
        if position % 11 == 8:
            message = self._say(OUTGOING, DELETED, self._agent())
            message.content_attributes = {"deleted": True}
        if position % 9 == 4:
            self._say(OUTGOING, "Ik ben een robot 🤖, ein Mensch folgt.", ("AgentBot", 2))
        if position % 15 == 7:
            self._say(OUTGOING, "Verzending duurt *twee* dagen.", ("Captain::Assistant", 7))
        if self.conversation.status == "resolved":
            self._say(ACTIVITY, "Mirthe Oosterling set the status to resolved", None)
            if position % 4 == 2:
                self._say(TEMPLATE, "Please rate the conversation", None).content_type = "input_csat"

    def _customer(self) -> Message:
        text = people.message(self.rng, self.locale)
        message = self._say(INCOMING, text, self._contact())
        if self.state.inboxes[self.conversation.inbox_id].channel_type == "Channel::Email":
            self._as_mail(message, text)
        return message

    def _as_mail(self, message: Message, text: str) -> None:
        address = self.state.contacts[self.conversation.contact_id].email
        code = f"{self.rng.getrandbits(48):012x}@post.example"
        body = "".join(f"<p>{escape(part)}</p>" for part in text.split("\n\n")).replace("\n", "<br>")
        quoted = {"full": text + "\n\n-- \nVerstuurd vanaf mijn telefoon", "reply": text, "quoted": text}
        mail: Json = {
            "bcc": None,
            "cc": ["boekhouding@example.org"] if self.position % 3 == 0 else None,
            "content_type": "multipart/alternative; boundary=b1",
            "date": "2026-05-10T07:00:00+00:00",
            "from": [address],
            "html_content": {"full": body, "reply": body, "quoted": body},
            "in_reply_to": None,
            "message_id": code,
            "multipart": True,
            "number_of_attachments": 0,
            "subject": self.conversation.additional.get("mail_subject"),
            "text_content": quoted,
            "to": ["hulp@zuiderlicht.example"],
        }
        message.content_type, message.source_id = "incoming_email", f"<{code}>"
        message.content_attributes = {"email": mail, "cc_email": mail["cc"], "bcc_email": None}

    def _agent(self) -> Sender:
        return ("User", self.conversation.assignee_id or self.rng.choice((11, 12, 13)))

    def _contact(self) -> Sender:
        return ("Contact", self.conversation.contact_id)

    def _say(self, kind: int, text: str | None, sender: Sender | None, *, private: bool = False) -> Message:
        pause = self.rng.randrange(1, 3 * 3600) * SECOND if self.conversation.messages else 0
        self.time = min(self.time + pause + self.rng.randrange(SECOND), max(LATEST, self.time + 1))
        message = Message(0, kind, text, self.time, self.time, sender, private=private)
        self.conversation.messages.append(message)
        return message

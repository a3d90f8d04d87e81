import java.util.Properties;
import javax.mail.Message;
import javax.mail.MessagingException;
import javax.mail.Session;
import javax.mail.Transport;
import javax.mail.internet.MimeMessage;

public class Send {
    public static void main(String[] arguments) throws Exception {
        Properties properties = new Properties();
        properties.put("mail.smtp.host", "localhost");
        properties.put("mail.smtp.port", arguments[0]);
        properties.put("mail.smtp.auth", "true");
        properties.put("mail.smtp.starttls.enable", "true");
        properties.put("mail.smtp.ssl.trust", "*");
        properties.put("mail.smtp.localhost", "client.example");
        properties.put("mail.debug.auth", arguments[2]);
        Session session = Session.getInstance(properties);
        session.setDebug(true);
        MimeMessage message = new MimeMessage(session);
        message.setFrom("alice@example.org");
        message.setRecipients(Message.RecipientType.TO, "bob@example.org");
        message.setSubject("x");
        message.setText(".a dot\n");
        try {
            Transport.send(message, "alice", arguments[1]);
        } catch (MessagingException error) {
            error.printStackTrace();
        }
    }
}

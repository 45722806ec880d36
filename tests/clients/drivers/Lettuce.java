// SPDX-License-Identifier: MIT
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.SslOptions;
import io.lettuce.core.SslVerifyMode;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.protocol.ProtocolVersion;
import java.io.File;
import java.time.Duration;

public final class Lettuce {
    private static StatefulRedisConnection<String, String> connection;

    public static void main(String[] arguments) throws Exception {
        Duration limit = Duration.ofSeconds(3);
        RedisURI uri = RedisURI.builder()
            .withHost(Common.setting("HOST")).withPort(Integer.parseInt(Common.setting("PORT")))
            .withAuthentication(Common.setting("USER"), Common.setting("PASSWORD").toCharArray())
            .withSsl(true).withVerifyPeer(SslVerifyMode.FULL).withTimeout(limit).build();
        SslOptions tls = SslOptions.builder().jdkSslProvider().handshakeTimeout(limit)
            .trustManager(SslOptions.Resource.from(new File(Common.setting("CA")))).build();
        RedisClient client = RedisClient.create(uri);
        client.setOptions(ClientOptions.builder().sslOptions(tls).protocolVersion(ProtocolVersion.RESP2)
            .socketOptions(SocketOptions.builder().connectTimeout(limit).build()).build());
        Common.drive(() -> {
            if (connection == null) {
                connection = client.connect();
            }
            connection.sync().ping();
        });
    }
}
